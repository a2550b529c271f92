"""`func pack`: the package of a project, the zip that publishing uploads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.interruption import Interruption
from funchost.cli.language import check_language, language_options
from funchost.cli.pack_report import PackReport
from funchost.cli.project import find_root
from funchost.errors import PackageError, UsageError
from funchost.settings import process_environment

if TYPE_CHECKING:
    from funchost.deploy.dependencies import TargetPython
    from funchost.deploy.package.project_checks import PackageBuild
    from funchost.settings import Settings

EXAMPLES = """\b
Examples:
  func pack                            packages installed, <folder>.zip in this folder
  func pack shop/__app__ -o dist       dist/__app__.zip
  func pack --no-build                 the project as it is, with its own .python_packages
  func pack --build remote             without packages: the server installs them
  func pack --python-version 3.12 --platform linux-arm64
                                       packages for another Python and platform
  func pack --list-included-files      what would be packed

What .funcignore lists is left out, by the rules of .gitignore. Local settings, virtual environments, caches and .git
are never packed. The path of the package goes to stdout. Exit code 4: a package has no wheel for the target."""

BUILDS = ("local", "remote")


@dataclass(frozen=True)
class PackChoices:
    """Options of the command."""

    output: Path | None = None
    build: str = "local"
    no_build: bool = False
    build_native_deps: bool = False
    additional_packages: str = ""
    python_version: str | None = None
    platform: str | None = None
    list_included_files: bool = False
    list_ignored_files: bool = False
    offline: bool = False


def run_pack(folder: Path | None, script_root: Path | None, **given: Any) -> None:
    """Write the package of the project in FOLDER, or of the one that the current folder is in."""
    check_language(given, {})
    choices = PackChoices(**{name: value for name, value in given.items() if value is not None})
    environ = process_environment()
    report = PackReport(environ)
    _check_choices(choices)
    current = Path.cwd()
    if folder is not None:
        root = (current / (script_root or "") / folder.expanduser()).resolve()
        if not root.is_dir():
            raise UsageError(f'"{root}" doesn\'t exist.', hint="FOLDER names the folder of the app.")
    else:
        root = find_root(script_root, environ, current)
    from funchost.deploy.package.project_checks import require_host_json

    require_host_json(root)
    if choices.list_included_files or choices.list_ignored_files:
        _list_files(root, choices)
        return
    settings = _settings(root, environ, report)
    _validate(root, choices, settings, report)
    target = _target(root, choices, current)
    with Interruption():
        _pack(root, target, choices, settings, report)
    click.echo(str(target))


def _check_choices(choices: PackChoices) -> None:
    if choices.no_build and choices.build_native_deps:
        raise PackageError(
            "--no-build and --build-native-deps exclude each other: nothing is built with --no-build.",
            hint="Leave one of them out.",
        )
    if choices.additional_packages and not choices.build_native_deps:
        raise UsageError("--additional-packages are for the container of --build-native-deps.", hint="Add that option.")


def _build(choices: PackChoices) -> PackageBuild:
    from funchost.deploy.package.project_checks import PackageBuild

    if choices.no_build:
        return PackageBuild.NONE
    return PackageBuild.LOCAL if choices.build_native_deps else PackageBuild(choices.build)


def _list_files(root: Path, choices: PackChoices) -> None:
    """Print full paths, one per line; a folder that stays out as a whole ends with a slash."""
    from funchost.deploy.package.project_package import files_for

    files = files_for(root, _build(choices))
    if choices.list_included_files:
        click.echo("".join(f"{root / file.name}\n" for file in files.included), nl=False)
    if choices.list_ignored_files:
        click.echo("".join(f"{root}/{name}\n".encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                           for name in files.ignored), nl=False)  # fmt: skip


def _settings(root: Path, environ: dict[str, str], report: PackReport) -> Settings:
    """Return the settings that say how the app is made; local settings that cannot be read do not stop packing."""
    from funchost.app.local_settings import load_local_settings, merge_environment
    from funchost.cli.local_secret import local_secret
    from funchost.errors import FuncHostError
    from funchost.settings import load_settings

    try:
        merged, _ = merge_environment(load_local_settings(root, local_secret()), environ)
        return load_settings(merged)
    except FuncHostError as error:
        report.warning(error.message)
    return load_settings(environ)


def _validate(root: Path, choices: PackChoices, settings: Settings, report: PackReport) -> None:
    from funchost.deploy.package.project_checks import Outcome, check_project

    checks = check_project(root, _build(choices), settings.script_file)
    report.checks(checks)
    failed = [check for check in checks if check.outcome is Outcome.FAILED]
    if failed:
        raise PackageError(f"The project cannot be packed. {failed[0].reason}")


def _target(root: Path, choices: PackChoices, current: Path) -> Path:
    folder = (current / (choices.output or "")).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PackageError(
            f"{folder} cannot hold the package: {error.strerror or error}.", hint="--output names a folder."
        ) from error
    return folder / f"{root.name or 'app'}.zip"


def _pack(root: Path, target: Path, choices: PackChoices, settings: Settings, report: PackReport) -> None:
    from funchost.deploy.package.project_checks import PackageBuild
    from funchost.deploy.package.project_package import make_package

    build = _build(choices)
    python = None if build is PackageBuild.REMOTE else _python(root, choices, settings)
    if target.exists():
        report.line(f"The old package {target} will be replaced.")
    report.line(f"Creating a new package {target}")
    if python is not None:
        report.line(f"For {python}.")
    package = make_package(
        root,
        target,
        build,
        python,
        environment=process_environment() | ({"UV_OFFLINE": "1"} if choices.offline else {}),
        on_line=report.log,
        on_warning=report.warning,
        on_progress=report.progress,
        native=choices.build_native_deps,
        system_packages=tuple(choices.additional_packages.split()),
    )
    report.summary(package)


def _python(root: Path, choices: PackChoices, settings: Settings) -> TargetPython:
    from funchost.deploy.dependencies import read_platform, read_version
    from funchost.deploy.package.build_target import choose_target

    version = read_version(choices.python_version) if choices.python_version else None
    platform = read_platform(choices.platform) if choices.platform else None
    return choose_target(root, version, platform, process_environment(), settings.worker_executable)


pack = ToolCommand(
    "pack",
    params=[
        click.Argument(["folder"], required=False, type=click.Path(path_type=Path)),
        ToolOption(
            "output", "-o", "--output", type=click.Path(path_type=Path), metavar="DIR",
            help="Folder of the package (default: the current one).",
        ),
        ToolOption(
            "build", "-b", "--build", type=click.Choice(BUILDS, case_sensitive=False), default="local",
            metavar="local|remote", help="Who installs the packages of requirements.txt (default: local).",
        ),
        ToolOption("no_build", "--no-build", is_flag=True, help="Take the project with its .python_packages as it is."),
        ToolOption(
            "build_native_deps", "--build-native-deps", is_flag=True,
            help="Compile packages that have no wheel: in a container, or here if this machine is like the target.",
        ),
        ToolOption(
            "additional_packages", "--additional-packages", metavar="NAMES", default="",
            help="Debian packages that this container needs, separated by blanks.",
        ),
        ToolOption(
            "python_version", "--python-version", metavar="VERSION",
            help="Python that the app will run on (default: the one func start uses).",
        ),
        ToolOption(
            "platform", "--platform", metavar="NAME",
            help="linux-x86_64, linux-arm64, macos-arm64 or macos-x86_64 (default: this one if it is Linux).",
        ),
        ToolOption("list_included_files", "--list-included-files", is_flag=True, help="Print what would be packed."),
        ToolOption("list_ignored_files", "--list-ignored-files", is_flag=True, help="Print what would be left out."),
        ToolOption(
            "script_root", "--script-root", "--prefix", type=click.Path(path_type=Path), metavar="DIR",
            help="Folder of the app, as FOLDER.",
        ),
        ToolOption("offline", "--offline", is_flag=True, help="Take packages from uv's cache, ask no index."),
        ToolOption("debug", "--debug", is_flag=True, expose_value=False, help="Show the traceback of errors."),
        ToolOption("pause_on_error", "--pause-on-error", is_flag=True, expose_value=False, hidden=True),
        ToolOption("verbose", "--verbose", is_flag=True, expose_value=False, hidden=True),
        *language_options(),
    ],
    callback=run_pack,
    help=run_pack.__doc__,
    short_help="Write the package of a project, a zip.",
    epilog=EXAMPLES,
)  # fmt: skip
