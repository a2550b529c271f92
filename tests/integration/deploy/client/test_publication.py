"""Publishing, call by call, against a server that remembers them."""

from __future__ import annotations

import asyncio
import socket
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from funchost.deploy.client.credentials import Basic, Bearer
from funchost.deploy.client.management import ManagementClient
from funchost.deploy.client.profile_publication import publish_with_profile
from funchost.deploy.client.publication import Publication, PublishOrder
from funchost.deploy.client.publish_plan import REMOTE_BUILD_SETTINGS, Build
from funchost.deploy.client.scm import ScmClient
from funchost.deploy.client.site_resource import SiteResource
from funchost.deploy.client.wire import Wire, open_session
from funchost.errors import BuildError, FuncHostError, PackageError, RefusedError, ServerUnreachableError
from tests.integration.deploy.client.fake_server import PASSWORD, TOKEN, FakeServer, serving

FIND = ["GET /subscriptions", "POST /providers/Microsoft.ResourceGraph/resources"]
LOOK = ["GET {site}", "GET {site}/config/web", "POST {site}/config/appsettings/list"]
PUT = "PUT {site}/config/appsettings"
QUERY = f"isAsync=true&author={socket.gethostname()}&trackDeploymentProgress=true"
UPLOAD = f"POST scm/api/zipdeploy?{QUERY}"
FOLLOW = ["GET scm/api/deployments/d1", "GET scm/api/deployments/d1/log"] * 3


class Output:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self.progress: list[tuple[int, int]] = []
        self.questions: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def sent(self, done: int, total: int) -> None:
        self.progress.append((done, total))

    def overwrite(self, name: str, remote: str, local: str) -> bool:
        self.questions.append(name)
        return False


class Packager:
    """Makes a package with one file of a size."""

    def __init__(self, folder: Path, size: int = 10) -> None:
        self.path = folder / "package.zip"
        self.size = size
        self.site: SiteResource | None = None

    async def __call__(self, site: SiteResource, on_line: Callable[[str], None]) -> Path:
        self.site = site
        with zipfile.ZipFile(self.path, "w") as package:
            package.writestr("host.json", b"x" * self.size)
        on_line("packed")
        return self.path


async def no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


def publish(server: FakeServer, packager: Packager, build: Build, **choices: object) -> Output:
    """Publish to the app of the server; raises as Publication does."""
    output = Output()
    given = {"app": "shop", "slot": None, "subscription": None, "build": build, "make_package": packager, **choices}

    async def run() -> None:
        async with open_session(server.url, None) as session:
            wire = Wire(session, Bearer(TOKEN), no_pause)
            publication = Publication(ManagementClient(wire, server.url), wire, output, azure=False)
            await publication.publish(PublishOrder(**given))  # type: ignore[arg-type]

    asyncio.run(run())
    return output


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (Build.REMOTE, {"AzureWebJobsStorage": "x", **REMOTE_BUILD_SETTINGS}),
        (Build.LOCAL, {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1"}),
        (Build.NATIVE, {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1"}),
        (Build.NONE, {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1"}),
    ],
)
def test_each_build_has_its_sequence_of_calls(tmp_path: Path, build: Build, expected: dict[str, str]) -> None:
    with serving(FakeServer()) as server:
        output = publish(server, Packager(tmp_path), build)
    assert server.calls == [*FIND, *LOOK, PUT, "GET scm/api/settings", UPLOAD, *FOLLOW]
    assert server.puts == [("{site}/config/appsettings", {"properties": expected})]
    assert server.packages == [{"host.json": b"x" * 10}]
    upload = server.headers[server.calls.index(UPLOAD)]
    assert (upload["Content-Type"], upload["If-Match"]) == ("application/zip", "*")
    assert "Transfer-Encoding" not in upload
    assert [line for line in output.lines if line in server.log] == server.log


def test_remote_build_takes_run_from_package_away(tmp_path: Path) -> None:
    before = {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1"}
    with serving(FakeServer(settings=before, hold_settings=2)) as server:
        publish(server, Packager(tmp_path), Build.REMOTE)
    assert "WEBSITE_RUN_FROM_PACKAGE" not in server.settings
    # The package goes up when the SCM API shows the settings, not before.
    assert server.calls.count("GET scm/api/settings") == 3


def test_nozip_unpacks_the_package(tmp_path: Path) -> None:
    before = {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1", **REMOTE_BUILD_SETTINGS}
    with serving(FakeServer(settings=before)) as server:
        publish(server, Packager(tmp_path), Build.LOCAL, as_files=True)
    assert server.settings == {"AzureWebJobsStorage": "x"}


def test_settings_that_are_right_are_left_alone(tmp_path: Path) -> None:
    settings = {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1"}
    with serving(FakeServer(settings=settings)) as server:
        publish(server, Packager(tmp_path), Build.NONE)
    assert server.calls == [*FIND, *LOOK, UPLOAD, *FOLLOW]


def test_consumption_plan_builds_remotely_and_syncs_its_triggers(tmp_path: Path) -> None:
    settings = {"AzureWebJobsStorage": "x", "SCM_RUN_FROM_PACKAGE": "y", "WEBSITE_CONTENTSHARE": "z"}
    with serving(FakeServer(settings=settings, sku="Dynamic")) as server:
        publish(server, Packager(tmp_path), Build.REMOTE)
    assert server.settings == {"AzureWebJobsStorage": "x", "SCM_RUN_FROM_PACKAGE": "y"}
    assert server.calls[-1] == "POST {site}/host/default/sync"


def test_consumption_plan_of_old_is_refused(tmp_path: Path) -> None:
    with serving(FakeServer(sku="Dynamic")) as server:
        with pytest.raises(FuncHostError, match="before August 1st, 2019"):
            publish(server, Packager(tmp_path), Build.REMOTE)
    assert server.changes() == []


def test_flex_plan_has_an_upload_of_its_own_and_its_deployment_is_the_newest(tmp_path: Path) -> None:
    with serving(FakeServer(sku="FlexConsumption")) as server:
        publish(server, Packager(tmp_path), Build.REMOTE)
    query = f"isAsync=true&author={socket.gethostname()}&Deployer=funchost&RemoteBuild=True"
    assert server.changes() == [f"POST scm/api/publish?{query}"]
    assert server.calls[-6:] == FOLLOW
    assert server.calls[-7] == "GET scm/api/deployments"


def test_a_named_subscription_saves_a_call(tmp_path: Path) -> None:
    with serving(FakeServer()) as server:
        publish(server, Packager(tmp_path), Build.NONE, subscription="s1")
    assert server.calls[0] == FIND[1]


def test_the_package_is_made_for_the_python_of_the_app(tmp_path: Path) -> None:
    packager = Packager(tmp_path)
    with serving(FakeServer(config={"linuxFxVersion": "Python|3.8"})) as server:
        publish(server, packager, Build.LOCAL)
    assert packager.site is not None
    assert packager.site.python == "3.8"


def test_progress_of_the_upload_is_told(tmp_path: Path) -> None:
    packager = Packager(tmp_path, 300_000)
    with serving(FakeServer()) as server:
        output = publish(server, packager, Build.NONE)
    total = packager.path.stat().st_size
    assert output.progress[-1] == (total, total)
    assert [done for done, _ in output.progress] == sorted(done for done, _ in output.progress)
    assert len(output.progress) > 2


def test_failed_deployment_is_an_error_with_its_cause_and_puts_the_settings_back(tmp_path: Path) -> None:
    before = {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1"}
    with serving(FakeServer(settings=dict(before), outcome=3, status_text="no wheel for foo")) as server:
        with pytest.raises(BuildError, match="Remote build failed! no wheel for foo"):
            publish(server, Packager(tmp_path), Build.REMOTE, local_settings={"NEW": "1"})
    assert server.settings == before


@pytest.mark.parametrize("fault", [{"outcome": 3}, {"refuse_upload": 409}])
def test_failed_deployment_with_a_profile_puts_the_settings_back(tmp_path: Path, fault: dict[str, int]) -> None:
    before = {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1", "SCM_DO_BUILD_DURING_DEPLOYMENT": "0"}
    order = PublishOrder(app="", slot=None, subscription=None, build=Build.REMOTE, make_package=Packager(tmp_path))

    async def run() -> None:
        async with open_session(None, None) as session:
            scm = ScmClient(Wire(session, Basic("$shop", PASSWORD), no_pause), f"http://{server.scm_host}")
            await publish_with_profile(scm, order, Output())

    with serving(FakeServer(settings=dict(before), **fault)) as server:  # type: ignore[arg-type]
        with pytest.raises(FuncHostError):
            asyncio.run(run())
    assert server.settings == before


def test_settings_that_others_changed_meanwhile_stay(tmp_path: Path) -> None:
    server = FakeServer(settings={"AzureWebJobsStorage": "x", "SCM_DO_BUILD_DURING_DEPLOYMENT": "0"}, outcome=3)

    class Meddler(Output):
        def line(self, text: str) -> None:
            server.settings["OTHER"] = "new"

    with serving(server):
        with pytest.raises(BuildError):
            asyncio.run(publish_with(server, Packager(tmp_path), Meddler()))
    assert server.settings == {"AzureWebJobsStorage": "x", "SCM_DO_BUILD_DURING_DEPLOYMENT": "0", "OTHER": "new"}


async def publish_with(server: FakeServer, packager: Packager, output: Output) -> None:
    order = PublishOrder(app="shop", slot=None, subscription=None, build=Build.REMOTE, make_package=packager)
    async with open_session(server.url, None) as session:
        wire = Wire(session, Bearer(TOKEN), no_pause)
        await Publication(ManagementClient(wire, server.url), wire, output, azure=False).publish(order)


def test_upload_that_is_cut_off_says_so_and_changes_nothing(tmp_path: Path) -> None:
    before = {"AzureWebJobsStorage": "x"}
    with serving(FakeServer(settings=dict(before), cut_upload=True)) as server:
        with pytest.raises(ServerUnreachableError, match=r"The upload broke off .* Nothing was deployed"):
            publish(server, Packager(tmp_path, 20_000_000), Build.REMOTE)
    assert server.settings == before
    assert server.calls.count(UPLOAD) == 1


def test_upload_that_is_interrupted_puts_the_settings_back(tmp_path: Path) -> None:
    before = {"AzureWebJobsStorage": "x"}

    class Interrupted(Output):
        def sent(self, done: int, total: int) -> None:
            task.cancel()

    task: asyncio.Future[None]

    async def run() -> None:
        nonlocal task
        task = asyncio.ensure_future(publish_with(server, Packager(tmp_path, 20_000_000), Interrupted()))
        await task

    with serving(FakeServer(settings=dict(before))) as server:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(run())
    assert server.settings == before
    assert server.packages == []


def test_an_interruption_when_the_package_has_been_sent_leaves_the_outcome_open(tmp_path: Path) -> None:
    output = Output()

    async def run() -> None:
        task = asyncio.ensure_future(publish_with(server, Packager(tmp_path), output))
        while not (server.packages and output.progress and output.progress[-1][0] == output.progress[-1][1]):
            await asyncio.sleep(0.01)
        task.cancel()
        await task

    with serving(FakeServer(hold_answer=True)) as server:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(asyncio.wait_for(run(), 30))
    assert server.settings["SCM_DO_BUILD_DURING_DEPLOYMENT"] == "1"
    assert "deployment list" in output.lines[-1]


def test_server_that_goes_silent_after_the_upload_leaves_the_outcome_open(tmp_path: Path) -> None:
    with serving(FakeServer(silent_upload=True)) as server:
        with pytest.raises(ServerUnreachableError, match="did not say what became of it") as caught:
            publish(server, Packager(tmp_path), Build.NONE)
    assert "deployment list" in (caught.value.hint or "")
    assert server.settings["WEBSITE_RUN_FROM_PACKAGE"] == "1"


def test_large_package_that_is_refused_at_once_gets_the_reason(tmp_path: Path) -> None:
    with serving(FakeServer(refuse_upload=413)) as server:
        with pytest.raises(RefusedError, match="in progress"):
            publish(server, Packager(tmp_path, 30_000_000), Build.NONE)
    assert "WEBSITE_RUN_FROM_PACKAGE" not in server.settings


def test_second_deployment_is_refused_with_the_cause(tmp_path: Path) -> None:
    before = {"AzureWebJobsStorage": "x"}
    with serving(FakeServer(settings=dict(before), refuse_upload=409)) as server:
        with pytest.raises(RefusedError, match="Another deployment is in progress") as caught:
            publish(server, Packager(tmp_path), Build.REMOTE)
    assert caught.value.status == 409
    assert server.settings == before


def test_unknown_app_is_named_and_nothing_is_packed(tmp_path: Path) -> None:
    packager = Packager(tmp_path)
    with serving(FakeServer()) as server:
        with pytest.raises(RefusedError, match=r'Can\'t find app with name "nope"'):
            publish(server, packager, Build.REMOTE, app="nope")
    assert (server.calls, packager.site) == (FIND, None)


def test_a_package_that_cannot_be_made_changes_nothing(tmp_path: Path) -> None:
    async def failing(site: SiteResource, on_line: Callable[[str], None]) -> Path:
        raise PackageError("no")

    with serving(FakeServer()) as server:
        with pytest.raises(PackageError):
            publish(server, failing, Build.REMOTE)  # type: ignore[arg-type]
    assert server.changes() == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "no app setting AzureWebJobsStorage"),
        ({"AzureWebJobsStorage": "x", "FUNCTIONS_WORKER_RUNTIME": "node"}, "for 'node'"),
    ],
)
def test_app_that_does_not_fit_is_refused_unless_forced(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    with serving(FakeServer(settings=dict(settings))) as server:
        with pytest.raises(FuncHostError, match=message):
            publish(server, Packager(tmp_path), Build.NONE)
        assert server.changes() == []
        publish(server, Packager(tmp_path), Build.NONE, force=True)
    assert server.settings.get("FUNCTIONS_WORKER_RUNTIME", "python") == "python"


def test_local_settings_go_first_and_development_storage_stays_here(tmp_path: Path) -> None:
    local = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "QUEUE": "orders", "LEVEL": "2"}
    with serving(FakeServer(settings={"AzureWebJobsStorage": "x", "LEVEL": "1"})) as server:
        output = publish(server, Packager(tmp_path), Build.NONE, local_settings=local)
    assert server.settings["AzureWebJobsStorage"] == "x"
    assert (server.settings["QUEUE"], server.settings["LEVEL"]) == ("orders", "1")
    assert output.questions == ["LEVEL"]
    assert server.calls.index(PUT) < server.calls.index(UPLOAD)
    assert server.calls.count(PUT) == 1


def test_settings_alone_can_be_published(tmp_path: Path) -> None:
    packager = Packager(tmp_path)
    with serving(FakeServer()) as server:
        publish(server, packager, Build.REMOTE, local_settings={"A": "1"}, settings_only=True)
    assert server.calls == [*FIND, *LOOK, PUT]
    assert server.settings == {"AzureWebJobsStorage": "x", "A": "1"}
    assert packager.site is None


def test_a_thread_of_the_fake_server_is_not_left_behind() -> None:
    before = set(threading.enumerate())
    with serving(FakeServer()):
        assert set(threading.enumerate()) - before
    assert set(threading.enumerate()) <= before
