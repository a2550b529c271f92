"""The pages are right about what can be checked without running them: links, commands, options, settings, code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from funchost import settings
from funchost.app import jsonc
from funchost.app.binding_types import KNOWN, SERVED
from funchost.app.host_rules import RULES
from funchost.app.queue_options import DEFAULT_BATCH
from funchost.cli.grammar import HELP_FLAGS
from funchost.cli.start_options import OPTIONS
from funchost.cli.tool import build_tool
from funchost.deploy.build.job import BuildLimits
from funchost.deploy.package.unpack_limits import UnpackLimits
from funchost.platform.apps import app_settings
from funchost.platform.apps.site_rules import MAX_INSTANCES, MAX_ORIGINS
from funchost.platform.gateway.limits import GatewayLimits
from funchost.platform.scale.rules import ScaleRules
from funchost.platform.server_options import ServerOptions
from funchost.platform.site import MAX_NAME as MAX_SITE_NAME
from funchost.platform.site import ScaleLimits

REPOSITORY = Path(__file__).resolve().parents[2]
REFERENCE = REPOSITORY / "docs" / "reference"
INTERNAL = {"FUNCHOST_BUILD_COMMAND"}
"""Variables with which one process of ours tells another."""
PAGES = [*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").rglob("*.md"))]


def page_id(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def links(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"https?://", target):
            yield target


def headings(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not heading or heading in headings(target))


def prose(page: Path) -> str:
    """A page as one line: where its lines end means nothing."""
    return " ".join(page.read_text(encoding="utf-8").split())


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """The arguments of every `func` that a page tells to type."""
    lines = re.findall(r"^\$ (?:.* \| )?(?:\w+=\S+ |\S*/)*func (.+)$", "".join(blocks(page, "console")), re.MULTILINE)
    return [shlex.split(re.sub(r" [<>]+ ?\S+$", "", line)) for line in lines]


def leaves(command: click.Command, path: str = "func") -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from leaves(child, f"{path} {name}")
    else:
        yield path, command


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert [link for link in links(page) if not leads_somewhere(page, link)] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_samples_of_code_can_be_read(page: Path) -> None:
    for sample in blocks(page, "python"):
        compile(sample, page_id(page), "exec")
    for sample in blocks(page, "json"):
        jsonc.parse(sample.encode(), page)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_that_a_page_shows_have_such_arguments(page: Path) -> None:
    for words in commands(page):
        command: click.Command = build_tool()
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words[0])
            assert found is not None, words
            command, words = found, words[1:]
        # Commands remember the help option that they were first asked for; other tests need all its spellings.
        command.make_context("func", list(words), help_option_names=list(HELP_FLAGS))


def test_the_reference_names_every_option_of_start_in_every_spelling() -> None:
    text = prose(REFERENCE / "cli.md")
    assert [flag for option in OPTIONS for flag in option.opts if f"`{flag}`" not in text] == []


@pytest.mark.parametrize("path", [path for path, _ in leaves(build_tool())])
def test_the_reference_names_every_command_and_its_options(path: str) -> None:
    text = prose(REFERENCE / "cli.md")
    assert path in text
    command = dict(leaves(build_tool()))[path]
    flags = {flag for option in command.params for flag in option.opts if flag[0] == "-"}
    assert [flag for flag in sorted(flags) if f"`{flag}`" not in text] == []


def test_the_reference_names_every_setting_that_the_host_reads() -> None:
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    source = Path(settings.__file__).read_text(encoding="utf-8")
    read = set(re.findall(r'"([A-Z]+_[A-Z_]+|AzureWebJobs[A-Z]\w*|languageWorkers\w+)"', source))
    assert [name for name in sorted(read) if name not in text] == []


def test_the_reference_names_every_section_of_host_json_that_is_checked() -> None:
    text = (REFERENCE / "host-json.md").read_text(encoding="utf-8")
    properties = {name.split(".")[-1] for name in RULES if name.startswith(("extensions.", "singleton."))}
    sections = {".".join(name.split(".")[:-1]) for name in RULES if "." in name}
    assert [section for section in sorted(sections) if f"`{section}" not in text] == []
    assert [name for name in sorted(properties) if name not in text] == []


def test_the_reference_names_every_type_of_binding() -> None:
    text = (REFERENCE / "function-json.md").read_text(encoding="utf-8")
    assert [name for name in (*SERVED, *KNOWN) if f"`{name}`" not in text] == []


def test_the_reference_names_every_variable_of_our_own() -> None:
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    source = "".join(file.read_text(encoding="utf-8") for file in Path(settings.__file__).parent.rglob("*.py"))
    names = set(re.findall(r"\bFUNCHOST_[A-Z_]+\b", source)) - INTERNAL
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


def test_the_guide_to_scaling_has_the_thresholds_that_are_built_in() -> None:
    text = prose(REPOSITORY / "docs" / "guides" / "scaling.md")
    rules, limits, sites = ScaleRules(), GatewayLimits(), ScaleLimits()
    phrases = (
        f"divided by {rules.http_target},",
        f"divided by {DEFAULT_BATCH} and {DEFAULT_BATCH // 2} for each processor",
        f"waits less than {rules.young:g} s",
        f"waits {rules.young:g} s or more",
        f"waits {rules.old:g} s or more",
        f"for {rules.in_seconds:g} s (`--scale-in-seconds`)",
        f"for {rules.idle_seconds:g} s (`--idle-seconds`)",
        f"`--minimum` instances are always there; with {sites.minimum}",
        f"`--maximum` is {sites.maximum} by default, {MAX_INSTANCES} at most",
        f"{limits.waiting_requests:,} requests and {limits.waiting_bytes // 2**20} MiB",
        f"for {limits.waiting_seconds:g} s at most",
        f"at most {limits.replay // 2**10} KiB of body",
    )
    assert [phrase for phrase in phrases if phrase not in text] == []


def test_the_guide_to_packages_has_the_limits_of_builds() -> None:
    text = prose(REPOSITORY / "docs" / "guides" / "package.md")
    builds, packages = BuildLimits(), UnpackLimits()
    phrases = (
        f"| Time | {builds.seconds / 60:g} minutes |",
        f"{builds.memory // 2**30} GiB of address space",
        f"| Disk | {builds.disk // 2**30} GiB |",
        f"| Processes | {builds.processes} (Linux) |",
        f"| Log | {builds.lines:,} lines |",
        f"more than {packages.entries:,} entries or {packages.bytes // 2**30} GiB unpacked",
        f"more than {packages.ratio} to 1 above {packages.ratio_from // 2**20} MiB",
    )
    assert [phrase for phrase in phrases if phrase not in text] == []


def test_the_guide_to_the_server_has_its_limits() -> None:
    text = prose(REPOSITORY / "docs" / "guides" / "server.md")
    options = ServerOptions(data=Path(), config_folder=Path())
    phrases = (
        f"letters, digits and inner dashes, {MAX_SITE_NAME} characters together",
        f"| {app_settings.MAX_SETTINGS:,}; names of {app_settings.MAX_NAME} characters,",
        f"values of {app_settings.MAX_VALUE:,} bytes, {app_settings.MAX_TOTAL // 1024} KiB in all",
        f"| CORS origins, tokens | {MAX_ORIGINS} each |",
        f"| Instances of an app | {MAX_INSTANCES}; {ScaleLimits().maximum} unless set otherwise |",
        f"{options.upload_limit // 2**30} GiB uploaded (`--upload-limit`)",
        f"{UnpackLimits().bytes // 2**30} GiB unpacked",
        f"{options.kept_versions} versions (`--keep-versions`)",
        f"requests and instances finish for {options.drain_seconds:g} seconds",
    )
    assert [phrase for phrase in phrases if phrase not in text] == []
