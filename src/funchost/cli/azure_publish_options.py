"""Options of `func azure functionapp publish`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from funchost.cli.folder_option import project_options
from funchost.cli.functionapp_server import ServerArguments, server_options
from funchost.cli.grammar import ToolOption
from funchost.errors import UsageError

OTHER_LANGUAGES = "it is for other languages."


@dataclass(frozen=True, kw_only=True)
class PublishChoices:
    """What the command line says.

    Args:
        app_name: where to publish to; None = as the publish profile says.
        slot: of the app.
        server: see ServerArguments.
        publish_profile: file, None = management calls are made.
        build: ``remote`` or ``local``, None = not said.
        no_build: take the project as it is.
        build_native_deps: compile packages without a wheel.
        additional_packages: apt packages for that.
        publish_local_settings: push Values.
        publish_settings_only: push Values, no code.
        overwrite_settings: do not ask about differing values.
        list_included_files: print them, and end.
        list_ignored_files: print them, and end.
        show_keys: show keys in the list of functions.
        force: override what does not fit.
        nozip: unpack the package instead of running from it.
        script_root: folder of the app.
    """

    app_name: str | None = None
    slot: str | None = None
    server: ServerArguments = field(default_factory=ServerArguments)
    publish_profile: Path | None = None
    build: str | None = None
    no_build: bool = False
    build_native_deps: bool = False
    additional_packages: str | None = None
    publish_local_settings: bool = False
    publish_settings_only: bool = False
    overwrite_settings: bool = False
    list_included_files: bool = False
    list_ignored_files: bool = False
    show_keys: bool = False
    force: bool = False
    nozip: bool = False
    script_root: Path | None = None

    @property
    def lists_files(self) -> bool:
        return self.list_included_files or self.list_ignored_files


OPTIONS: tuple[ToolOption, ...] = (
    ToolOption(
        "build", "-b", "--build", type=click.Choice(["remote", "local"], case_sensitive=False), metavar="remote|local",
        help="Who installs the packages (default: the server, if the project requires any).",
    ),
    ToolOption("no_build", "--no-build", is_flag=True, help="Take the project as it is, with its .python_packages."),
    ToolOption(
        "build_native_deps", "--build-native-deps", is_flag=True,
        help="Install the packages here, and compile those without a wheel.",
    ),
    ToolOption(
        "additional_packages", "--additional-packages", metavar='"A B"',
        help="Debian packages for the container that compiles.",
    ),
    ToolOption("slot", "--slot", metavar="SLOT", help="Publish to this slot of the app."),
    ToolOption("publish_local_settings", "-i", "--publish-local-settings", is_flag=True,
        help="Push the Values of local.settings.json too."),
    ToolOption("publish_settings_only", "-o", "--publish-settings-only", is_flag=True,
        help="Push the Values only, no code."),
    ToolOption("overwrite_settings", "-y", "--overwrite-settings", is_flag=True,
        help="Overwrite values of the app that differ, without asking."),
    ToolOption("show_keys", "--show-keys", is_flag=True, help="Show keys in the addresses of the functions."),
    ToolOption("list_included_files", "--list-included-files", is_flag=True,
        help="List what would be published, and end. No server is asked."),
    ToolOption("list_ignored_files", "--list-ignored-files", is_flag=True,
        help="List what would not be published, and end. No server is asked."),
    ToolOption("force", "--force", is_flag=True, help="Publish although settings of the app do not fit."),
    ToolOption("nozip", "--nozip", is_flag=True, help="Do not set WEBSITE_RUN_FROM_PACKAGE: the package is unpacked."),
    ToolOption(
        "publish_profile", "--publish-profile", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Publish with this profile: no token, no management call.",
    ),
    project_options("Folder of the app.  [the nearest folder with an app]")[0],
    *server_options(),
    ToolOption("no_bundler", "--no-bundler", is_flag=True, no_effect="it is gone from the existing tool too."),
    ToolOption("csx", "--csx", is_flag=True, no_effect=OTHER_LANGUAGES),
    ToolOption("dotnet_cli_params", "--dotnet-cli-params", metavar="TEXT", no_effect=OTHER_LANGUAGES),
    ToolOption("dotnet_version", "--dotnet-version", metavar="VERSION", no_effect=OTHER_LANGUAGES),
    ToolOption("python", "--python", is_flag=True, no_effect="the app is written in Python anyway."),
)  # fmt: skip


def read_choices(given: Mapping[str, Any]) -> PublishChoices:
    """Return what the command line says.

    Raises:
        UsageError: options contradict each other, or the name of the app is missing.
    """
    names = ServerArguments.__dataclass_fields__
    server = ServerArguments(**{name: value for name, value in given.items() if name in names})
    own = {name: value for name, value in given.items() if name in PublishChoices.__dataclass_fields__}
    choices = PublishChoices(**own, server=server)
    if choices.no_build and choices.build_native_deps:
        raise UsageError("--no-build and --build-native-deps contradict each other.", hint="Leave one of them out.")
    settings = choices.publish_local_settings or choices.publish_settings_only
    if choices.publish_profile is not None and (settings or choices.show_keys or choices.slot):
        raise UsageError(
            "A publish profile is for packages only: settings, keys and slots need an access token.",
            hint="The profile of a slot publishes to the slot. Leave out -i, -o, --show-keys and --slot.",
        )
    if choices.app_name is None and choices.publish_profile is None and not choices.lists_files:
        raise UsageError("Must specify functionApp name.", hint="func azure functionapp publish <APP_NAME>")
    return choices


def notices(given: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each given option that has no meaning here."""
    idle = [option for option in OPTIONS if option.no_effect and given.get(str(option.name))]
    return [f"{option.shown_flag} has no effect: {option.no_effect}" for option in idle]
