"""The guide's project from its first command to the way back, on a fresh server: built three ways, called, changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from funchost.testing import Response
from funchost.testing.console_lines import ConsoleLines
from tests.acceptance.browser import find_browser, serving, visit
from tests.acceptance.deployed_app import Tool, invoke_url, server_with_tool
from tests.acceptance.deployed_app import get as get_url
from tests.acceptance.small_app import FUNC
from tests.interpreters import interpreter


class Edition(NamedTuple):
    """What the project runs on.

    Args:
        python: version of Python.
        release: of `requests`, which it requires.
        other: release that it requires for a while.
    """

    python: str
    release: str
    other: str


pytestmark = pytest.mark.timeout(300)

GUIDE = Edition("3.8", "2.19.1", "2.20.0")
"""The guide's own release can be imported on this Python and not on the new one."""
NEW = "3.12"
TODAY = Edition(f"{sys.version_info[0]}.{sys.version_info[1]}", "2.32.3", "2.32.4")
"""Where the guide's Python is missing."""
QUEUE = "python-queue-items"
ABOUT = '''
def about({parameter}) -> str:
    """Say what the app runs on, and what its settings say."""
    python = "%d.%d" % sys.version_info[:2]
    return json.dumps({{"python": python, "requests": requests.__version__, "greeting": os.environ.get("GREETING")}})
'''
IMPORTS = "import json\nimport os\nimport sys\n\nimport requests\n"
PAGE = """<!doctype html><p id="answer">nothing yet</p><script>
fetch("%s", {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify({name: "Ada"})})
  .then(answer => answer.text(), error => "refused: " + error.name)
  .then(text => { document.getElementById("answer").textContent = text; });
</script>"""


def need(*versions: str) -> None:
    """Skip the test where one of the Pythons is missing."""
    try:
        for version in versions:
            interpreter(version)
    except LookupError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    with server_with_tool(tmp_path_factory.mktemp("server")) as made:
        yield made


@dataclass(frozen=True)
class Project:
    """The guide's project and the app it is published to.

    Args:
        tool: the developer's.
        app: name of the app.
        root: folder with host.json.
        edition: what it runs on.
    """

    tool: Tool
    app: str
    root: Path
    edition: Edition

    def func(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.tool.run(*arguments, cwd=self.root)

    def publish(self, *arguments: str) -> str:
        return self.tool.publish(self.app, *arguments, cwd=self.root)

    def call(self, path: str) -> Response:
        return self.tool.call(self.app, path)

    def about(self) -> dict[str, str]:
        """Return what the app says about itself."""
        found = self.call("/api/about").json()
        assert isinstance(found, dict)
        return found

    @property
    def expected(self) -> dict[str, str | None]:
        """What it says after its first deployment."""
        return {"python": self.edition.python, "requests": self.edition.release, "greeting": None}

    def require(self, old: str, new: str) -> None:
        """Change the release that it requires."""
        replace(self.root / "requirements.txt", f"requests=={old}", f"requests=={new}")

    def settings(self) -> dict[str, str]:
        listed = self.tool.json("functionapp", "config", "appsettings", "list", "-n", self.app, cwd=self.root)
        assert isinstance(listed, list)
        return {each["name"]: each["value"] for each in listed}


def make_project(tool: Tool, folder: Path, model: str, app: str) -> Project:
    """Make the guide's project with the commands that a developer types, and write one function by hand."""
    layout = ("--guide-layout",) if model == "v1" else ()
    begun = tool.run("init", app, "--model", model, *layout, cwd=folder)
    assert begun.returncode == 0, begun.stderr
    project = Project(tool, app, folder / app / "__app__" if layout else folder / app, edition())
    for template, name in (("HTTP trigger", "HttpTrigger"), ("Queue trigger", "QueueTrigger")):
        level = ("--authlevel", "anonymous") if name == "HttpTrigger" else ()
        made = project.func("new", "--template", template, "--name", name, *level)
        assert made.returncode == 0, made.stderr
    with (project.root / "requirements.txt").open("a") as requirements:
        requirements.write(f"requests=={project.edition.release}\n")
    if model == "v1":
        made = project.func("new", "--template", "HTTP trigger", "--name", "About", "--authlevel", "anonymous")
        assert made.returncode == 0, made.stderr
        code = f"{IMPORTS}\n{ABOUT.format(parameter='req').replace('def about', 'def main')}"
        (project.root / "About" / "__init__.py").write_text(code)
        replace(project.root / "QueueTrigger" / "function.json", "python-queue-items", QUEUE)
    else:
        code = (project.root / "function_app.py").read_text()
        function = ABOUT.format(parameter="req: func.HttpRequest")
        route = '\n\n@app.route(route="about", auth_level=func.AuthLevel.ANONYMOUS)'
        (project.root / "function_app.py").write_text(f"{IMPORTS}{code}{route}{function}")
        replace(project.root / "function_app.py", '"queuename"', f'"{QUEUE}"')
    return project


def edition() -> Edition:
    """Return the guide's edition where its Python is on this machine, else today's."""
    try:
        interpreter(GUIDE.python)
    except LookupError:
        return TODAY
    return GUIDE


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


BOTH_MODELS = pytest.mark.parametrize("project", ["v1", "v2"], indirect=True)
GUIDE_MODEL = pytest.mark.parametrize("project", ["v1"], indirect=True)


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The guide's project on the old Python, published with a remote build."""
    model: str = request.param
    made = make_project(tool, tmp_path_factory.mktemp(model), model, f"guide-{model}")
    created = made.func("functionapp", "create", "--name", made.app, "--runtime-version", made.edition.python)
    assert created.returncode == 0, created.stderr
    made.publish()
    return made


@BOTH_MODELS
def test_all_three_builds_bring_the_project_to_the_app(project: Project) -> None:
    packages = project.root / ".python_packages" / "lib" / "site-packages"
    assert project.about() == project.expected
    assert not packages.exists()

    project.publish("--build", "local")
    assert project.about() == project.expected
    assert (packages / "requests").is_dir()

    own = project.root / "own_requirements.txt"
    own.write_text(f"requests=={project.edition.other}\n")
    installed = subprocess.run(
        [*pip(project.edition), "install", "--quiet", "--upgrade", f"--target={packages}", "-r", own.name],
        cwd=project.root, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    listing = project.publish("--no-build")
    assert project.about() == {**project.expected, "requests": project.edition.other}
    assert get_url(f"{invoke_url(listing, 'HttpTrigger')}?name=Ada").text == "Hello, Ada. HttpTrigger is running."


def pip(edition: Edition) -> list[str]:
    """Return the command that installs packages for that Python."""
    if edition is GUIDE:
        return [str(interpreter(edition.python).path), "-m", "pip"]
    return [str(FUNC.with_name("uv")), "pip"]


@BOTH_MODELS
def test_a_message_reaches_the_queue_function(project: Project) -> None:
    connection = project.settings()["AzureWebJobsStorage"]
    with log_of(project) as lines:
        queue = QueueClient.from_connection_string(connection, QUEUE, message_encode_policy=TextBase64EncodePolicy())
        queue.create_queue()
        queue.send_message(f"an order for {project.app}")
        lines.wait_for(f"QueueTrigger took a message: an order for {project.app}", 60)


@contextmanager
def log_of(project: Project) -> Iterator[ConsoleLines]:
    """Follow the log of the app as a developer does."""
    with subprocess.Popen(
        [FUNC, "azure", "functionapp", "logstream", project.app],
        env=project.tool.server.command_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = ConsoleLines(process.stdout)
        try:
            lines.wait_for("you are now connected", 60)
            yield lines
        finally:
            process.kill()


@BOTH_MODELS
def test_a_changed_setting_is_seen_by_the_app(project: Project) -> None:
    done = project.func("functionapp", "config", "appsettings", "set", "-n", project.app, "--settings", "GREETING=Hei")
    assert done.returncode == 0, done.stderr
    assert project.about()["greeting"] == "Hei"
    done = project.func(
        "functionapp", "config", "appsettings", "delete", "-n", project.app, "--setting-names", "GREETING"
    )
    assert done.returncode == 0, done.stderr
    assert project.about()["greeting"] is None


@GUIDE_MODEL
def test_a_web_page_may_call_the_app_from_an_allowed_origin_only(project: Project, tmp_path: Path) -> None:
    browser = find_browser()
    url = f"http://{project.app}.localhost:{project.tool.server.port}/api/HttpTrigger"
    with serving(PAGE % url) as port:
        allowed, other = (f"http://{host}:{port}" for host in ("127.0.0.1", "localhost"))
        added = project.func("functionapp", "cors", "add", "-n", project.app, "--allowed-origins", allowed)
        assert added.returncode == 0, added.stderr
        assert "Hello, Ada. HttpTrigger is running." in visit(browser, f"{allowed}/", tmp_path / "allowed")
        assert "refused: TypeError" in visit(browser, f"{other}/", tmp_path / "other")
        removed = project.func("functionapp", "cors", "remove", "-n", project.app, "--allowed-origins", allowed)
        assert removed.returncode == 0, removed.stderr
        assert "refused: TypeError" in visit(browser, f"{allowed}/", tmp_path / "removed")


@GUIDE_MODEL
def test_two_pythons_run_side_by_side_and_a_failed_version_is_never_served(project: Project) -> None:
    need(GUIDE.python, NEW)
    newer = Project(project.tool, f"{project.app}-new", project.root, Edition(NEW, "2.32.3", GUIDE.release))
    created = newer.func("functionapp", "create", "-n", newer.app, "--runtime-version", NEW)
    assert created.returncode == 0, created.stderr
    project.require(GUIDE.release, newer.edition.release)
    newer.publish()
    project.require(newer.edition.release, GUIDE.release)
    assert newer.about() == newer.expected
    assert project.about()["python"] == GUIDE.python

    failed = newer.func("azure", "functionapp", "publish", newer.app)
    assert failed.returncode == 1
    assert "ModuleNotFoundError: No module named 'urllib3.packages.six.moves'" in failed.stderr
    assert newer.about() == newer.expected


@GUIDE_MODEL
def test_the_version_before_serves_again(project: Project) -> None:
    release, other = project.edition.release, project.edition.other
    before = project.about()["requests"]
    if before == release:
        project.require(release, other)
    project.publish()
    if before == release:
        project.require(other, release)
    assert project.about()["requests"] != before
    done = project.func("functionapp", "deployment", "rollback", "-n", project.app)
    assert done.returncode == 0, done.stderr
    assert project.about()["requests"] == before
