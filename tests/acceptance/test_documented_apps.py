"""The decorator apps that the pages show load as they are printed, with development storage."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from funchost.testing import HostProcess

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
SDK_BINDINGS = "azurefunctions"
SETTINGS = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "TopicUrl": "http://127.0.0.1:9/api/events",
    "TopicKey": "key",
}


def documented_apps() -> list[tuple[str, str]]:
    """Name and source of every app that a page shows."""
    found: list[tuple[str, str]] = []
    for page in PAGES:
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            if "app = func.FunctionApp(" in block:
                found.append((f"{page.stem}-{len(found)}", block))
    return found


@pytest.mark.parametrize("source", [pytest.param(source, id=name) for name, source in documented_apps()])
def test_an_app_of_the_pages_loads_as_printed(tmp_path: Path, source: str) -> None:
    if SDK_BINDINGS in source and importlib.util.find_spec(SDK_BINDINGS) is None:
        pytest.skip("azurefunctions-extensions-bindings-blob is not installed")
    (tmp_path / "function_app.py").write_text(source)
    with HostProcess(tmp_path, env=SETTINGS) as host:
        assert "errors" not in host.status(), host.output
        functions = host.get("/admin/functions").json()
    assert isinstance(functions, list)
    assert [function["name"] for function in functions] == sorted(
        re.findall(r"^(?:async )?def (\w+)", source, re.MULTILINE)
    )
