from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from funchost.app.function_app import FunctionError, Model
from funchost.app.invocation import HttpRequestData
from funchost.http.app_archive import build_archive
from funchost.http.control import HostState
from tests.unit.http.admin_site import AdminSite, function_of, json_of

BASE = "http://localhost:7071"


async def test_a_function_is_described_as_tools_expect_it(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "GetItem", route="Items/{id}", connection="MyStore"))
    assert json_of(await site.call("GET", "/admin/functions/getitem")) == {
        "name": "GetItem",
        "script_root_path_href": f"{BASE}/admin/vfs/GetItem/",
        "script_href": f"{BASE}/admin/vfs/GetItem/__init__.py",
        "config_href": f"{BASE}/admin/vfs/GetItem/function.json",
        "test_data_href": None,
        "href": f"{BASE}/admin/functions/GetItem",
        "invoke_url_template": f"{BASE}/api/items/{{id}}",
        "language": "python",
        "config": {
            "name": "GetItem",
            "scriptFile": "__init__.py",
            "functionDirectory": str(tmp_path / "GetItem"),
            "language": "python",
            "bindings": [
                {
                    "name": "req",
                    "type": "httpTrigger",
                    "direction": "in",
                    "route": "Items/{id}",
                    "connection": "MyStore",
                }
            ],
        },
        "files": None,
        "test_data": None,
        "isDisabled": False,
        "isDirect": False,
        "isProxy": False,
    }


async def test_the_list_is_sorted_and_has_broken_functions_too(tmp_path: Path) -> None:
    site = AdminSite(
        tmp_path,
        function_of(tmp_path, "beta", "queueTrigger"),
        function_of(tmp_path, "Gamma"),
        errors=(FunctionError("Alpha", "SyntaxError"), FunctionError("Gamma", "ImportError")),
    )
    listed = json_of(await site.call("GET", "/admin/functions"))
    assert isinstance(listed, list)
    assert [item["name"] for item in listed] == ["Alpha", "beta", "Gamma"]
    assert listed[1]["invoke_url_template"] is None


async def test_status_says_why_a_function_does_not_run(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "Good"), errors=(FunctionError("Bad", "line 3: wrong"),))
    assert json_of(await site.call("GET", "/admin/functions/Good/status")) == {}
    assert json_of(await site.call("GET", "/admin/functions/Bad/status")) == {"errors": ["line 3: wrong"]}
    assert (await site.call("GET", "/admin/functions/None/status")).status == 404
    assert (await site.call("GET", "/admin/functions/None")).status == 404


async def test_an_app_that_never_loaded_has_no_functions(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    site.control.app = None
    assert json_of(await site.call("GET", "/admin/functions")) == []
    assert (await site.call("GET", "/admin/functions/F")).status == 404
    assert (await site.call("POST", "/admin/functions/F", {})).status == 404


@pytest.mark.parametrize("body", [{"input": "hi"}, {"input": ""}, {}, {"input": None}, {"other": 1}])
async def test_any_function_can_be_called(tmp_path: Path, body: object) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "Q", "queueTrigger"))
    got = await site.call("POST", "/admin/functions/q", body)
    assert (got.status, got.body) == (202, b"")
    (invocation,) = site.control.invoked
    assert invocation.function.name == "Q"
    assert invocation.reason == "This function was programmatically called via the host APIs."


async def test_an_http_function_gets_the_input_as_a_request(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "H"))
    assert (await site.call("POST", "/admin/functions/H", {"input": '{"name": "Ann"}'})).status == 202
    request = site.control.invoked[0].inputs[0][1].value
    assert isinstance(request, HttpRequestData)
    assert (request.method, request.body) == ("POST", b'{"name": "Ann"}')


DEEP = b'{"input": "x", "more": ' + b"[" * 100_000


@pytest.mark.parametrize("body", [b"", b"null", b"{", b"[]", b'{"input": 5}', b'{"input": {"a": 1}}', b"\xff", DEEP])
async def test_a_call_without_a_proper_body_is_400(tmp_path: Path, body: bytes) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "Q", "queueTrigger"))
    assert (await site.call("POST", "/admin/functions/Q", body=body)).status == 400
    assert site.control.invoked == []


async def test_calls_that_cannot_be(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "Q"), errors=(FunctionError("Bad", "why"),))
    assert (await site.call("POST", "/admin/functions/Nobody", {})).status == 404
    bad = await site.call("POST", "/admin/functions/Bad", {})
    assert (bad.status, bad.body) == (404, b"why")
    site.control.state = HostState.ERROR
    assert (await site.call("POST", "/admin/functions/Q", {})).status == 503


async def test_put_writes_the_functions_files(tmp_path: Path) -> None:
    config = {"scriptFile": "main.py", "bindings": [{"type": "httpTrigger", "name": "req", "direction": "in"}]}
    got = await AdminSite(tmp_path).call(
        "PUT", "/admin/functions/New", {"config": config, "files": {"main.py": "# ä\n"}}
    )
    assert got.status == 201
    assert json.loads((tmp_path / "New" / "function.json").read_text()) == config
    assert (tmp_path / "New" / "main.py").read_text(encoding="utf-8") == "# ä\n"
    assert sorted(path.name for path in (tmp_path / "New").iterdir()) == ["function.json", "main.py"]


@pytest.mark.parametrize("depth", [201, 950, 100_000])
async def test_put_refuses_a_body_that_is_nested_without_end(tmp_path: Path, depth: int) -> None:
    site = AdminSite(tmp_path)
    body = b'{"config": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
    assert (await site.call("PUT", "/admin/functions/New", body=body)).status == 400
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a%2Fb", "1x", "host", ".hidden", "a%20b", "x" * 129])
async def test_put_refuses_names_that_are_no_functions(tmp_path: Path, name: str) -> None:
    root = tmp_path / "app"
    root.mkdir()
    got = await AdminSite(root).call("PUT", f"/admin/functions/{name}", {"config": {}})
    assert got.status in (400, 404)
    assert list(root.iterdir()) == []
    assert list(tmp_path.iterdir()) == [root]


@pytest.mark.parametrize("file", ["../x.py", "/etc/x", "a/b.py", "..", "", ".env", "a\x00b", "a\\b"])
async def test_put_refuses_files_outside_the_functions_folder(tmp_path: Path, file: str) -> None:
    got = await AdminSite(tmp_path).call("PUT", "/admin/functions/New", {"config": {}, "files": {file: "x"}})
    assert (got.status, got.body) == (400, f"{file} is not a valid file name".encode())
    assert list(tmp_path.iterdir()) == []


async def test_put_and_delete_do_not_follow_links_out_of_the_app(tmp_path: Path) -> None:
    root, outside = tmp_path / "app", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "function.json").write_text("{}")
    (root / "Linked").symlink_to(outside)
    site = AdminSite(root, function_of(root, "Linked"))
    assert (await site.call("PUT", "/admin/functions/Linked", {"config": {"a": 1}})).status == 400
    assert (await site.call("DELETE", "/admin/functions/linked")).status == 400
    assert (outside / "function.json").read_text() == "{}"


async def test_delete_removes_the_functions_folder(tmp_path: Path) -> None:
    (tmp_path / "Old").mkdir()
    (tmp_path / "Old" / "function.json").write_text("{}")
    (tmp_path / "shared").mkdir()
    site = AdminSite(tmp_path, function_of(tmp_path, "Old"), function_of(tmp_path, "shared"))
    assert (await site.call("DELETE", "/admin/functions/old")).status == 204
    assert (await site.call("DELETE", "/admin/functions/shared")).status == 400
    assert (await site.call("DELETE", "/admin/functions/none")).status == 404
    assert [path.name for path in tmp_path.iterdir()] == ["shared"]


@pytest.mark.parametrize(
    ("read_only", "model", "text"),
    [
        (True, Model.FUNCTION_JSON, b"Your app is currently in read only mode."),
        (False, Model.DECORATORS, b"The functions of this app are declared in its Python code"),
    ],
)
async def test_apps_whose_functions_cannot_be_changed(
    tmp_path: Path, read_only: bool, model: Model, text: bytes
) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "F"), read_only=read_only, model=model)
    for method in ("PUT", "DELETE"):
        got = await site.call(method, "/admin/functions/F", {"config": {}})
        assert got.status == 400
        assert got.body.startswith(text)


async def test_the_download_has_the_app_and_nothing_private(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    root = tmp_path / "app"
    for path in (
        "host.json",
        "F/function.json",
        "F/__init__.py",
        ".python_packages/lib/x.py",
        "local.settings.json",
        "F/__pycache__/x.pyc",
        ".venv/pyvenv.cfg",
        "myenv/pyvenv.cfg",
        ".git/config",
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    (root / "way-out").symlink_to(outside)
    (root / "settings").symlink_to(root / "local.settings.json")
    site = AdminSite(root)
    await site.keys.host_keys()
    got = await site.call("GET", "/admin/functions/download")
    assert (got.status, got.header(b"content-type")) == (200, [b"application/octet-stream"])
    assert got.header(b"content-length") == [b"%d" % len(got.body)]
    with zipfile.ZipFile(io.BytesIO(got.body)) as archive:
        assert sorted(archive.namelist()) == [
            ".python_packages/lib/x.py",
            "F/__init__.py",
            "F/function.json",
            "host.json",
        ]
        assert archive.read("F/__init__.py") == b"F/__init__.py"


async def test_head_of_the_download_opens_and_closes_it(tmp_path: Path) -> None:
    got = await AdminSite(tmp_path).call("HEAD", "/admin/functions/download")
    assert (got.status, got.body) == (200, b"")


async def test_a_link_to_the_keys_is_not_downloaded(tmp_path: Path) -> None:
    secrets = tmp_path / "keys"
    secrets.mkdir()
    (secrets / "host.json").write_text("{}")
    (tmp_path / "link").symlink_to(secrets / "host.json")
    (tmp_path / "a.py").write_text("")
    archive = build_archive(tmp_path, secrets)
    with zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in archive]))) as content:
        assert content.namelist() == ["a.py"]
    await archive.aclose()
