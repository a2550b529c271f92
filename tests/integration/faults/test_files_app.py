"""Apps whose files are missing, oddly encoded, oddly named or in the wrong place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.acceptance.small_app import hello_app, write_function, write_settings
from tests.integration.faults.bystander import Bystander
from tests.integration.host.reloading import status_errors

HELLO = 'def main(req):\n    return "hello from Hello"\n'
FUNCTION = {
    "scriptFile": "__init__.py",
    "bindings": [
        {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"},
        {"type": "http", "direction": "out", "name": "$return"},
    ],
}


def test_without_host_json_the_defaults_hold_and_nothing_is_written(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    (app / "host.json").unlink()
    before = own_files(app)
    with HostProcess(app) as host:
        assert host.get("/api/Hello").text == "hello from Hello"
        assert host.status()["state"] == "Running"
        assert not host.status().get("errors")
    assert own_files(app) == before


def test_an_empty_folder_runs_and_says_what_is_missing(tmp_path: Path) -> None:
    with HostProcess(tmp_path) as host:
        assert host.status()["state"] == "Running"
        host.wait_for_line("No .*functions? (were )?found")
        assert host.get("/api/Hello").status == 404
        assert host.get("/").status == 200
    assert not own_files(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_do_not_matter(tmp_path: Path, encoding: str) -> None:
    app = hello_app(tmp_path / "app", "Hello")
    write_settings(app, {"GREETING": "grüße"})
    (app / "host.json").write_text('{"version": "2.0", "extensions": {"http": {"routePrefix": "b"}}}')
    for path in (app / "host.json", app / "local.settings.json", app / "Hello" / "function.json"):
        path.write_text(path.read_text(encoding="utf-8"), encoding)
    code = "import os\n\ndef main(req):\n    return os.environ['GREETING'] + 'ß'\n"
    (app / "Hello" / "__init__.py").write_text(code, "utf-8-sig")
    with HostProcess(app) as host:
        assert host.get("/b/Hello").text == "grüßeß"


def test_a_host_json_that_is_not_utf_8_is_named_and_can_be_mended(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    (app / "host.json").write_bytes(b'{"version": "2.0",\n "note": "gr\xfc\xdfe"}')
    with HostProcess(app, state="Error") as host:
        (error,) = status_errors(host)
        assert f"{app / 'host.json'}:2" in error
        assert "UTF-8" in error
        host.wait_for_line(r"host\.json:2.*UTF-8")
        assert (host.get("/api/Hello").status, host.get("/api/Hello").text) == (503, "Function host is not running.")
        (app / "host.json").write_text('{"version": "2.0"}')
        host.wait_for_state("Running")
        assert host.get("/api/Hello").text == "hello from Hello"


def test_files_of_a_function_in_another_encoding_are_its_own_trouble(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent")
    for name in ("Declared", "Script", "Latin"):
        write_function(app, name, HELLO)
    (app / "Declared" / "function.json").write_bytes(json.dumps(FUNCTION).encode() + b"// gr\xfc\xdfe")
    (app / "Script" / "__init__.py").write_bytes(b'def main(req):\n    return "gr\xfc\xdfe"\n')
    (app / "Latin" / "__init__.py").write_bytes(b'# coding: latin-1\ndef main(req):\n    return "gr\xfc\xdfe"\n')
    with HostProcess(app) as host, Bystander(host):
        assert host.get("/api/Latin").text == "grüße"
        assert "UTF-8" in host.function_errors("Declared")[0]
        assert "__init__.py" in host.function_errors("Script")[0]
        assert "utf-8" in host.function_errors("Script")[0].lower()
        assert host.get("/api/Declared").status == 500
        assert "UTF-8" in host.get("/api/Declared").text
        assert host.get("/api/Script").status == 500
        assert len(status_errors(host)) == 2


def test_of_names_that_differ_only_in_case_one_runs(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent", "Hello")
    if (app / "hELLO").exists():
        pytest.skip("the file system takes no names that differ only in case")
    write_function(app, "hello", HELLO)
    with HostProcess(app) as host, Bystander(host):
        (error,) = status_errors(host)
        assert "'hello' must be unique within the function app" in error
        assert "'Hello' only in case" in error
        host.wait_for_line("must be unique within the function app")
        assert host.get("/api/Hello").text == "hello from Hello"
        assert host.get("/api/hello").text == "hello from Hello"
        assert host.function_errors("Hello") == ()
        assert "only in case" in host.function_errors("hello")[0]
        names = [entry["name"] for entry in host.get("/admin/functions").json()]  # type: ignore[attr-defined]
        assert names == ["Hello", "hello", "innocent"]


def test_no_script_outside_of_the_app_is_run(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    outside = tmp_path / "outside" / "__init__.py"
    outside.write_text('import pathlib\npathlib.Path(__file__).with_name("ran").touch()\n' + HELLO)
    app = hello_app(tmp_path / "app", "innocent")
    for name, script in (("Up", "../../outside/__init__.py"), ("Absolute", str(outside)), ("Link", "__init__.py")):
        write_function(app, name, HELLO)
        (app / name / "function.json").write_text(json.dumps({**FUNCTION, "scriptFile": script}))
    (app / "Link" / "__init__.py").unlink()
    (app / "Link" / "__init__.py").symlink_to(outside)
    (tmp_path / "outside" / "function.json").write_text(json.dumps(FUNCTION))
    (app / "Folder").symlink_to(tmp_path / "outside")
    (app / "Nowhere").mkdir()
    (app / "Nowhere" / "function.json").symlink_to(tmp_path / "nothing")
    with HostProcess(app) as host, Bystander(host):
        for name in ("Up", "Absolute", "Link", "Folder"):
            assert (
                "outside of the app" in host.function_errors(name)[0]
                or "leaves the app" in (host.function_errors(name)[0])
            )
            assert host.get(f"/api/{name}").status == 500
        assert host.function_errors("Nowhere")
        assert len(status_errors(host)) == 5
    assert not (tmp_path / "outside" / "ran").exists()


def test_links_inside_of_the_app_are_fine(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent", "Hello")
    (app / "Same").symlink_to("Hello")
    (app / "Loop").symlink_to(".")
    with HostProcess(app) as host:
        assert host.get("/api/Same").text == "hello from Hello"
        assert not host.status().get("errors")
    linked = tmp_path / "link to the app"
    linked.symlink_to(app)
    with HostProcess(linked) as host:
        assert host.get("/api/Hello").text == "hello from Hello"


def test_spaces_and_letters_of_all_kinds_in_paths(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "mein Ørdner ☃ 'quoted' \"too\" %41 $HOME;#" / "app é", "innocent")
    write_function(app, "Hello", HELLO)
    code = "from __app__.größe.maß import WERT\n\ndef main(req):\n    return WERT\n"
    (app / "Hello" / "über uns.py").write_text(code, encoding="utf-8")
    (app / "Hello" / "function.json").write_text(json.dumps({**FUNCTION, "scriptFile": "über uns.py"}))
    (app / "größe").mkdir()
    (app / "größe" / "maß.py").write_text("WERT = '☃'\n", encoding="utf-8")
    write_function(app, "Broken", "raise ValueError('hier ☃')\n")
    with HostProcess(app) as host:
        assert host.get("/api/Hello").text == "☃"
        assert str(app / "Broken" / "__init__.py") in host.function_errors("Broken")[0]
        assert "ValueError: hier ☃" in host.get("/api/Broken").text
        (app / "größe" / "maß.py").write_text("WERT = 'neu'\n", encoding="utf-8")
        eventually(lambda: host.get("/api/Hello").text == "neu", 30)


@pytest.mark.skipif(os.fsencode("\udcff") != b"\xff", reason="names are text here")
def test_names_that_are_no_text_do_not_stop_the_rest(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent")
    try:
        os.mkdir(os.fsencode(app) + b"/bad\xff")
    except OSError:
        pytest.skip("the file system takes no names that are no text")
    with open(os.fsencode(app) + b"/bad\xff/function.json", "w") as file:
        json.dump(FUNCTION, file)
    with open(os.fsencode(app) + b"/bad\xff.py", "w") as file:
        file.write("")
    with HostProcess(app) as host, Bystander(host):
        assert len(status_errors(host)) == 1


def own_files(app: Path) -> list[str]:
    """What an app folder holds besides the host's own folder and Python's caches."""
    return sorted(
        str(path.relative_to(app))
        for path in app.rglob("*")
        if not {"__pycache__", ".funchost"} & set(path.relative_to(app).parts)
    )
