"""The options of `func init`, which `func new` takes too: it begins the project where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from funchost.cli.grammar import ToolOption
from funchost.cli.language import check_language
from funchost.errors import FuncHostError

_OTHER_LANGUAGES = "it is for other languages."


@dataclass(frozen=True, slots=True, kw_only=True)
class InitChoices:
    """What the command line says of a new project; None = not given."""

    model: str | None = None
    docker: bool = False
    docker_only: bool = False
    source_control: bool = False
    no_docs: bool = False
    no_bundle: bool = False
    bundles_channel: str = "GA"
    guide_layout: bool = False


def init_options() -> list[ToolOption]:
    """Return the options that say what a new project is like."""
    return [
        ToolOption("model", "-m", "--model", metavar="v1|v2", help="Programming model: v2 has decorators.  [v2]"),
        ToolOption("docker", "--docker", is_flag=True, help="Write a Dockerfile too."),
        ToolOption("docker_only", "--docker-only", is_flag=True, help="Write a Dockerfile and nothing else."),
        ToolOption("source_control", "--source-control", is_flag=True, help="Begin a git repository."),
        ToolOption("no_docs", "--no-docs", is_flag=True, help="Leave getting_started.md out (v1)."),
        ToolOption("no_bundle", "--no-bundle", is_flag=True, help="Leave the extension bundle out of host.json."),
        ToolOption(
            "bundles_channel",
            "-c",
            "--bundles-channel",
            default="GA",
            metavar="NAME",
            help="Bundle for other hosts: GA, Preview or Experimental.  [GA]",
        ),
        ToolOption(
            "guide_layout",
            "--guide-layout",
            is_flag=True,
            help="The app in FOLDER/__app__ and its tests in FOLDER/tests (v1).",
        ),
        ToolOption("worker_runtime", "--worker-runtime", metavar="NAME", help="Only python is possible."),
        ToolOption("managed_dependencies", "--managed-dependencies", is_flag=True, hidden=True),
        ToolOption("configuration_profile", "--configuration-profile", hidden=True),
        ToolOption("csx", "--csx", is_flag=True, no_effect=_OTHER_LANGUAGES),
        ToolOption("target_framework", "--target-framework", no_effect=_OTHER_LANGUAGES),
        ToolOption("skip_npm_install", "--skip-npm-install", is_flag=True, no_effect=_OTHER_LANGUAGES),
        ToolOption("skip_go_mod_tidy", "--skip-go-mod-tidy", is_flag=True, no_effect=_OTHER_LANGUAGES),
        ToolOption("offline", "--offline", is_flag=True, no_effect="nothing is ever downloaded."),
    ]


def take_init_choices(given: dict[str, Any]) -> InitChoices:
    """Return the choices in `given`, and take them and the options of other languages out of it.

    Raises:
        FuncHostError: an option asks for something that Python projects do not have.
    """
    languages = {"--worker-runtime": given.pop("worker_runtime"), "--language": given.pop("language")}
    check_language(given, languages)
    if given.pop("managed_dependencies"):
        raise FuncHostError("--managed-dependencies is not possible: only PowerShell apps have them.")
    if profile := given.pop("configuration_profile"):
        raise FuncHostError(f"There is no configuration profile '{profile}' for Python projects.")
    return InitChoices(**{name: given.pop(name) for name in InitChoices.__dataclass_fields__})


def without_effect(given: dict[str, Any], options: list[ToolOption]) -> tuple[str, ...]:
    """Return a sentence for each given option that has no meaning here, and take these options out of `given`."""
    idle = [option for option in options if option.no_effect and given.pop(str(option.name), None)]
    return tuple(f"{option.shown_flag} has no effect: {option.no_effect}" for option in idle)
