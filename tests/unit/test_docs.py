"""The reference names every option and setting, and links between the pages lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost import settings
from funchost.app.host_rules import RULES
from funchost.cli.start_options import OPTIONS

REPOSITORY = Path(__file__).resolve().parents[2]
REFERENCE = REPOSITORY / "docs" / "reference"
PAGES = [*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").rglob("*.md"))]


def page_id(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def links(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"https?://|#", target):
            yield target.partition("#")[0]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


def test_the_reference_names_every_option_in_every_spelling() -> None:
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    assert [flag for option in OPTIONS for flag in option.opts if f"`{flag}`" not in text] == []


def test_the_reference_names_every_setting_that_the_host_reads() -> None:
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    source = Path(settings.__file__).read_text(encoding="utf-8")
    read = set(re.findall(r'"([A-Z]+_[A-Z_]+|AzureWebJobs[A-Z]\w*|languageWorkers\w+)"', source)) - {
        "AzureWebJobsStorage"
    }
    assert [name for name in sorted(read) if name not in text] == []


def test_the_reference_names_every_section_of_host_json_that_is_checked() -> None:
    text = (REFERENCE / "host-json.md").read_text(encoding="utf-8")
    sections = {".".join(name.split(".")[:-1]) for name in RULES if "." in name}
    assert [section for section in sorted(sections) if f"`{section}`" not in text] == []
