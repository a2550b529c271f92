"""Indexing of decorator apps."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.integration.worker.conftest import App, Start
from tests.integration.worker.driver import WorkerDriver

APPS = Path(__file__).parents[2] / "apps"
HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"


def index(app: App, environ: dict[str, str] | None = None) -> tuple[dict[str, object], dict[str, object]]:
    with WorkerDriver(app.root, sys.executable, environ) as worker:
        worker.hello()
        worker.init()
        first, again = worker.index(), worker.index()
        assert first == again
        return {f["name"]: f for f in first.pop("functions")}, first


def test_no_entry_file_means_the_other_model(app: App) -> None:
    functions, told = index(app)
    assert functions == {}
    assert told["model"] == "function.json"
    assert told["error"] is None


def test_functions_with_their_raw_bindings(app: App, start: Start) -> None:
    app.file(
        "function_app.py",
        HEAD
        + """
@app.function_name("Named")
@app.route(route="items/{id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="msg", queue_name="out", connection="Store")
def any_name(req: func.HttpRequest, msg: func.Out[str]) -> str:
    msg.set("m")
    return req.route_params["id"]

@app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:01")
@app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
async def tick(timer: func.TimerRequest) -> None: ...
""",
    )
    functions, told = index(app)
    assert told["model"] == "decorators"
    assert told["library"].startswith("1.")  # type: ignore[attr-defined]
    named: dict[str, object] = functions["Named"]  # type: ignore[assignment]
    assert named["script_file"] == str(app.root / "function_app.py")
    assert named["directory"] == str(app.root)
    bindings = {b["name"]: b for b in named["bindings"]}  # type: ignore[attr-defined]
    assert bindings["req"] == {
        "direction": "IN",
        "type": "httpTrigger",
        "name": "req",
        "methods": ["GET"],
        "authLevel": "ANONYMOUS",
        "route": "items/{id}",
    }
    assert bindings["$return"]["type"] == "http"
    assert bindings["msg"]["queueName"] == "out"
    tick: dict[str, object] = functions["tick"]  # type: ignore[assignment]
    assert tick["retry"]["strategy"] == "fixed_delay"  # type: ignore[index]
    worker = start(app)
    answer = worker.get("Named", params={"id": "7"})
    assert answer.body == b"7"
    assert answer.result["out"] == [["msg", "string", "m"]]


@pytest.mark.parametrize(
    ("case", "count"),
    [("decorators_basic", 1), ("decorators_blueprint", 1), ("decorators_generic", 1), ("decorators_warm_up", 1)],
)
def test_the_test_apps_load(app: App, start: Start, case: str, count: int) -> None:
    shutil.rmtree(app.root)
    shutil.copytree(APPS / case, app.root)
    worker = start(app)
    assert len(worker.load_errors) == 0
    assert len(worker.index()["functions"]) >= count


def test_blueprints_give_their_own_folder_to_the_context(app: App, start: Start) -> None:
    app.file(
        "parts/status.py",
        """
        import azure.functions as func
        bp = func.Blueprint()
        @bp.route("where")
        def where(req: func.HttpRequest, context: func.Context) -> str:
            return context.function_directory + "|" + context.function_name
        """,
    )
    app.file("function_app.py", HEAD + "from parts.status import bp\napp.register_functions(bp)\n")
    assert start(app).get("where").body.decode() == f"{app.root / 'parts'}|where"


def test_asgi_and_wsgi_apps_run_through_the_library(app: App, start: Start) -> None:
    app.file(
        "function_app.py",
        """
        import azure.functions as func
        async def asgi(scope, receive, send):
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.complete"})
                return
            body = (await receive())["body"]
            await send({"type": "http.response.start", "status": 201, "headers": [(b"x-path", scope["path"].encode())]})
            await send({"type": "http.response.body", "body": body + scope["azure_functions.function_name"].encode()})
        app = func.AsgiFunctionApp(app=asgi, http_auth_level=func.AuthLevel.ANONYMOUS)
        """,
    )
    worker = start(app)
    answer = worker.answer(worker.http("http_app_func", body=b"in ", method="POST", url="http://localhost/a/b?c=1"))
    assert answer.body == b"in http_app_func"
    assert answer.value[1]["status"] == 201
    assert ["x-path", "/a/b"] in answer.value[1]["headers"]
    found = worker.index()["functions"][0]
    assert found["directory"] == str(app.root)

    app.file(
        "function_app.py",
        """
        import azure.functions as func
        def wsgi(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/x")])
            return [environ["PATH_INFO"].encode()]
        app = func.WsgiFunctionApp(app=wsgi)
        """,
    )
    assert start(app).get("http_app_func", url="http://localhost/p/q").body == b"/p/q"


WHOLE_APP_ERRORS = [
    ("", {}, "ValueError", "Could not find top level function app instances in function_app.py."),
    (
        HEAD + "other = func.FunctionApp()",
        {},
        "ValueError",
        "More than one FunctionApp or other top level function app instances are defined.",
    ),
    (HEAD + "other = app", {}, "ValueError", "More than one FunctionApp or other top level"),
    (HEAD + "1 / 0", {}, "ZeroDivisionError", "division by zero"),
    (HEAD + "import nothing_like_this", {}, "ModuleNotFoundError", "requirements.txt"),
    (HEAD + "import sys; sys.exit()", {}, "SystemExit", ""),
    (HEAD, {"PYTHON_SCRIPT_FILE_NAME": "no good.py"}, "InvalidFileNameError", "Invalid file name: no good.py"),
    (HEAD + "import azurefunctions.extensions.http.fastapi", {}, "ModuleNotFoundError", "fastapi is not supported yet"),
]


@pytest.mark.parametrize(("text", "environ", "kind", "message"), WHOLE_APP_ERRORS)
def test_what_breaks_the_whole_index(app: App, text: str, environ: dict[str, str], kind: str, message: str) -> None:
    app.file("function_app.py", text)
    functions, told = index(app, environ)
    assert functions == {}
    assert told["model"] == "decorators"
    error: list[object] = told["error"]  # type: ignore[assignment]
    assert error[0] == kind
    assert message in str(error[1])


def test_one_broken_function_leaves_the_others_alone(app: App, start: Start) -> None:
    app.file(
        "function_app.py",
        HEAD
        + """
@app.queue_output(arg_name="msg", queue_name="out", connection="Store")
def no_trigger(msg): ...

@app.route("fine")
def fine(req): return "fine"

@app.route("twin")
def twin(req): ...

@app.route("other")
@app.function_name("twin")
def other(req): ...
""",
    )
    functions, told = index(app)
    assert told["error"] is None
    errors = {name: f["error"] for name, f in functions.items()}  # type: ignore[index]
    assert errors["fine"] is None
    assert errors["no_trigger"][1].startswith("Function no_trigger does not have a trigger.")
    assert errors["no_trigger"][3:] == [str(app.root / "function_app.py"), 4]
    assert "Function twin does not have a unique function name." in errors["twin"][1]


def test_signatures_are_checked_at_load(app: App, start: Start) -> None:
    app.file("function_app.py", HEAD + '@app.route("f")\ndef f(req, extra): ...\n')
    worker = start(app, errors=True)
    assert (
        "not in the function definition (function.json or function decorators):  {'extra'}"
        in worker.load_errors["f"][1]
    )


@pytest.mark.parametrize("name", ["main_app.py", "my-app.py", "json.py", "wire.py"])
def test_another_entry_file(app: App, start: Start, name: str) -> None:
    app.file(name, HEAD + '@app.route("f")\ndef f(req): return __name__\n')
    worker = start(app, {"PYTHON_SCRIPT_FILE_NAME": name})
    stem = name[:-3]
    assert worker.get("f").body.decode() in (stem, f"__app__.{stem}")


def test_an_entry_file_beats_an_installed_module_of_its_name(app: App, start: Start) -> None:
    packages = app.root / "pkgs" / "site-packages"
    app.file("pkgs/site-packages/function_app.py", "1 / 0")
    app.file("function_app.py", HEAD + '@app.route("f")\ndef f(req): return "own"\n')
    assert start(app, packages=packages).get("f").body == b"own"


def test_strict_imports_are_for_the_function_json_model_only(app: App, start: Start) -> None:
    app.file("blueprint.py", "NAME = 'bp'")
    app.file("function_app.py", HEAD + 'import blueprint\n@app.route("f")\ndef f(req): return blueprint.NAME\n')
    assert start(app, {"PYTHON_STRICT_IMPORTS": "1"}).get("f").body == b"bp"


def test_sdk_types_ask_the_host_for_deferred_data(app: App, start: Start) -> None:
    """A stand-in for azurefunctions-extensions-base and the blob extension, with their interfaces."""
    app.file(
        "azurefunctions/extensions/base/__init__.py",
        """
        class Registry:
            @staticmethod
            def check_supported_type(annotation): return annotation.__name__ == "BlobClient"
            @staticmethod
            def get(name): return BlobConverter
        def get_binding_registry(): return Registry
        class BlobConverter:
            @classmethod
            def has_trigger_support(cls): return False
            @classmethod
            def decode(cls, data, *, trigger_metadata, pytype):
                return pytype(data.value.content.decode(), data.value.source)
        """,
    )
    app.file(
        "blobs.py", "import azurefunctions.extensions.base\nclass BlobClient:\n    def __init__(self, *a): self.a = a\n"
    )
    app.file(
        "function_app.py",
        HEAD
        + """
import blobs
@app.route("f")
@app.blob_input(arg_name="blob", path="a/b", connection="Store")
def f(req: func.HttpRequest, blob: blobs.BlobClient) -> str:
    return " ".join(blob.a)
""",
    )
    worker = start(app)
    [function] = worker.index()["functions"]
    deferred = {b["name"]: b["properties"]["SupportsDeferredBinding"] for b in function["bindings"]}
    assert deferred == {"req": False, "$return": False, "blob": True}
    value = {"version": "1.0", "source": "AzureStorageBlobs", "content": json.dumps({"BlobName": "b"})}
    request = {"method": "GET", "url": "http://x/", "headers": {}, "query": {}, "params": {}}
    call = worker.invoke("f", [["req", "http", request], ["blob", "model_binding_data", value]])
    assert worker.answer(call).body == b'{"BlobName": "b"} AzureStorageBlobs'
