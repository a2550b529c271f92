"""A real server under load and killed: no request is lost by a change, and the last good version serves afterwards."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from funchost.testing import eventually
from funchost.testing.server_process import ServerProcess

SITES = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/funchost/providers/Microsoft.Web/sites"
VERSION = "?api-version=2022-03-01"
FUNCTION = {
    "bindings": [
        {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"},
        {"type": "http", "direction": "out", "name": "$return"},
    ]
}


def _package(answer: str, first: str = "") -> bytes:
    """Return an app whose function `hello` answers with a text and the setting MARK.

    Args:
        first: code that runs before, at import.
    """
    code = f"import os\n{first}\ndef main(req):\n    return {answer!r} + os.environ.get('MARK', '')\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("host.json", '{"version": "2.0"}')
        package.writestr("hello/function.json", json.dumps(FUNCTION))
        package.writestr("hello/__init__.py", code)
    return content.getvalue()


class _Shop:
    """The app `shop` on a server, and its slot."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self.call("PUT", "", {"location": "local", "kind": "functionapp,linux", "properties": {}})

    def call(self, method: str, path: str, body: object = None) -> Any:
        answer = self._server.manage(method, f"{SITES}/shop{path}{VERSION}", json.dumps(body) if body else "")
        assert answer.status < 300, answer.text
        return json.loads(answer.text) if answer.text else None

    def scm(self, method: str, path: str, body: bytes | None = None, label: str = "shop") -> Any:
        answer = self._server.manage(method, f"/api/{path}", body, host=f"{label}.scm.localhost")
        assert answer.status < 300, answer.text
        return json.loads(answer.text) if answer.text else None

    def deploy(self, package: bytes, label: str = "shop") -> Any:
        self.scm("POST", "zipdeploy?isAsync=true", package, label)
        return eventually(lambda: self.ended(label), 60.0)

    def ended(self, label: str = "shop") -> Any:
        latest = self.scm("GET", "deployments/latest", label=label)
        return latest if latest["complete"] else None

    def answer(self, label: str = "shop") -> str:
        answer = self._server.request("GET", "/api/hello", host=f"{label}.localhost")
        return answer.text if answer.status == 200 else f"{answer.status} {answer.text}"


@contextmanager
def _load(shop: _Shop) -> Iterator[Counter[str]]:
    """Call the app all the time; yields how often there was which answer."""
    answers: Counter[str] = Counter()
    over = threading.Event()

    def call() -> None:
        while not over.is_set():
            answers[shop.answer()] += 1

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_no_request_is_lost_by_settings_a_deployment_a_swap_and_a_rollback(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        shop = _Shop(server)
        first = shop.deploy(_package("one"))
        assert shop.answer() == "one"
        with _load(shop) as answers:
            settings = shop.call("POST", "/config/appsettings/list")["properties"]
            shop.call("PUT", "/config/appsettings", {"properties": {**settings, "MARK": "!"}})
            assert shop.answer() == "one!"
            assert shop.deploy(_package("two"))["status"] == 4
            assert shop.answer() == "two!"
            failed = shop.deploy(_package("three", "import nothing_of_this_name"))
            assert (failed["status"], "nothing_of_this_name" in failed["status_text"]) == (3, True)
            assert shop.answer() == "two!"
            shop.call("PUT", "/slots/staging", {"location": "local", "properties": {}})
            shop.deploy(_package("staged"), "shop-staging")
            shop.call("POST", "/slotsswap", {"targetSlot": "staging"})
            eventually(lambda: shop.answer() == "staged", 30.0)
            assert shop.answer("shop-staging") == "two!"
            shop.scm("PUT", f"deployments/{first['id']}")
            eventually(lambda: shop.answer() == "one", 30.0)
        assert set(answers) == {"one", "one!", "two!", "staged"}


@pytest.mark.parametrize("step", ["received", "loading"])
def test_a_server_that_is_killed_while_it_deploys_serves_the_version_before(tmp_path: Path, step: str) -> None:
    mark = tmp_path / "loading"
    wait = f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\ntime.sleep(60)"
    with ServerProcess(tmp_path) as server:
        shop = _Shop(server)
        shop.deploy(_package("one"))
        shop.scm("POST", "zipdeploy?isAsync=true", _package("two", wait))
        if step == "loading":
            eventually(mark.exists, 30.0)
        server.kill_alone()
        server.start()
        assert shop.answer() == "one"
        latest = shop.ended()
        assert latest["status"] == 3
        assert "Interrupted" in latest["status_text"]
        assert "goes on serving" in latest["status_text"]
        assert shop.deploy(_package("three"))["status"] == 4
        assert shop.answer() == "three"
        assert len(list((server.data / "versions").iterdir())) == 2
