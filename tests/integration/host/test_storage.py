"""Which store a host uses, and what it does without one."""

from __future__ import annotations

import re
from pathlib import Path

from funchost.testing import HostProcess, eventually
from funchost.testing.client import send
from tests.compat.app_storage import SETTINGS
from tests.integration.storage.server.front_fixture import ServedStore, served
from tests.integration.triggers.queue_app import QueueApp

SDK_APP = """
import os
import azure.functions as func
from azure.storage.queue import QueueServiceClient

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("queues")
def queues(req: func.HttpRequest) -> str:
    service = QueueServiceClient.from_connection_string(os.environ["AzureWebJobsStorage"])
    service.create_queue("made-by-sdk")
    return ",".join(queue.name for queue in service.list_queues())
"""


def test_an_app_without_any_storage_runs_and_says_so(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    with HostProcess(app.root, env={"AzureWebJobsStorage": None}) as host:
        host.wait_for_line(r"^Storage: none \(there is no setting AzureWebJobsStorage\)")
        host.wait_for_line("Host lock lease acquired by instance ID")
        assert host.get("/api/most").text == "0"
        (error,) = host.function_errors("take")
        assert "Storage account connection string 'AzureWebJobsStorage' does not exist" in error
        assert not (tmp_path / ".funchost" / "storage").exists()


def test_a_client_of_the_apps_own_finds_the_store_on_whatever_ports_it_is(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, code=SDK_APP)
    with app.start() as host:
        assert host.get("/api/queues").text == "made-by-sdk"
        assert app.storage.queues() == ("made-by-sdk",)


def test_the_store_is_where_the_setting_says(tmp_path: Path) -> None:
    app = QueueApp(tmp_path / "app", code=SDK_APP)
    with app.start(env={"FUNCHOST_STORAGE_DIR": str(tmp_path / "elsewhere")}) as host:
        assert host.get("/api/queues").text == "made-by-sdk"
        assert (tmp_path / "elsewhere" / "store.db").is_file()
        assert not (tmp_path / "app" / ".funchost" / "storage").exists()


def test_a_damaged_store_is_an_error_of_the_functions_that_need_it(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    folder = tmp_path / ".funchost" / "storage"
    folder.mkdir(parents=True)
    (folder / "store.db").write_bytes(b"this is no database" * 500)
    with app.start() as host:
        assert host.get("/api/most").text == "0"
        problem = eventually(lambda: host.function_errors("take"))[0]
        assert "not listened for" in problem
        assert problem in str(host.status()["errors"])
        assert (folder / "store.db").read_bytes().startswith(b"this is no database")


def test_a_connection_that_cannot_be_used_is_an_error_of_its_function_alone(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    with app.start(env={"AzureWebJobsStorage": "<azure-storage-connection-string>"}) as host:
        (error,) = host.function_errors("take")
        assert "'take'" in error
        assert "placeholder" in error
        assert host.get("/api/most").text == "0"


def remote(app: QueueApp, store: ServedStore) -> HostProcess:
    return app.start(env={"AzureWebJobsStorage": store.connection_string()})


def test_a_store_that_goes_away_and_comes_back_costs_nothing_but_time(tmp_path: Path) -> None:
    with served(tmp_path / "app" / ".funchost" / "storage") as store:
        app = QueueApp(tmp_path / "app", {"maxPollingInterval": "00:00:01"})
        with remote(app, store) as host:
            app.put("first", "slow")
            eventually(lambda: app.times("begin") == {"first": 1, "slow": 1})
            store.run(store.fronts.close())
            app.release()
            host.wait_for_line(f"{re.escape(store.url('queue'))} cannot be used")
            eventually(lambda: "errors" in host.status())
            assert host.get("/api/most").status == 200
            app.put("second")
            store.run(store.fronts.open(store.ports))
            eventually(lambda: app.times("begin") == {"first": 1, "slow": 1, "second": 1})
            eventually(lambda: app.count() == 0)
            eventually(lambda: "errors" not in host.status())
            host.wait_for_line(f"{re.escape(store.url('queue'))} can be used again")
            queue_lines = [line for line in host.lines if f"{store.url('queue')} " in line]
            assert len([line for line in queue_lines if "cannot be used" in line]) == 1
            assert len([line for line in queue_lines if "can be used again" in line]) == 1


def test_an_app_with_http_functions_alone_has_the_store_for_its_clients(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, code=SDK_APP.replace("from azure.storage.queue import QueueServiceClient", ""))
    with HostProcess(app.root, env=SETTINGS) as host:
        port = host.wait_for_line(r"^Storage: .+, served on ports (\d+), \d+, \d+$")[1]
        path = "/devstoreaccount1?restype=service&comp=properties"
        assert send(f"http://127.0.0.1:{port}", "GET", path).status in (401, 403)


def test_two_apps_in_one_folder_use_one_store(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, code=SDK_APP)
    with app.start() as first, app.start() as second:
        assert first.get("/api/queues").text == "made-by-sdk"
        assert second.get("/api/queues").status == 500
        second.wait_for_line("QueueAlreadyExists|already exists")
