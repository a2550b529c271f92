"""Loading of function.json apps: modules, imports, entry points and what goes wrong."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.worker.conftest import App, Start
from tests.integration.worker.driver import http_function

APPS = Path(__file__).parents[2] / "apps"
NO_ARGUMENTS: list[dict[str, str]] = []


def existing(app: App, case: str, *names: str) -> App:
    """One of tests/apps, copied."""
    shutil.rmtree(app.root)
    shutil.copytree(APPS / case, app.root)
    app.functions = [http_function(app.root, name) for name in names]
    return app


def test_main_in_init_by_default_and_module_names_below_the_app_package(app: App, start: Start) -> None:
    app.function("f", "def main(req): return __name__")
    app.function("g", "def main(req): return __name__", script="main.py")
    app.function("h", "def run(req): return __name__", script="deep/er/code.py", entry_point="run")
    worker = start(app)
    assert [worker.get(name).body for name in "fgh"] == [b"__app__.f", b"__app__.g.main", b"__app__.h.deep.er.code"]


@pytest.mark.parametrize("folder", ["__app__", "FunctionApp", "with space é", "a.b"])
def test_the_app_package_is_the_root_whatever_the_folder_is_called(tmp_path: Path, start: Start, folder: str) -> None:
    app = App(tmp_path / folder)
    app.file("SharedCode/helper.py", "NAME = 'helper'")
    app.function(
        "f",
        """
        from __app__.SharedCode import helper
        from ..SharedCode import helper as relative
        import __app__.SharedCode.helper
        from . import neighbour
        def main(req): return '{} {} {}'.format(helper.NAME, relative is helper, neighbour.NAME)
        """,
    )
    app.file("f/neighbour.py", "NAME = __name__")
    assert start(app).get("f").body == b"helper True __app__.f.neighbour"


def test_folders_that_are_called_like_modules_of_the_standard_library(app: App, start: Start) -> None:
    names = ["http", "json", "asyncio", "logging", "my-function", "A1_b-"]
    worker = start(existing(app, "odd_names", *names))
    answers = {name: worker.get(name).body for name in names}
    assert answers["http"] == b"OK __app__.http"
    assert answers["json"] == b'{"module": "__app__.json"}'
    assert answers["asyncio"] == b"__app__.asyncio"
    assert answers["my-function"] == b"__app__.my-function.neighbour"
    assert answers["A1_b-"] == b"__app__.A1_b-"


def test_a_dot_in_a_file_or_folder_name(app: App, start: Start) -> None:
    app.function("f", "from . import other\ndef main(req): return __name__ + other.X", script="my.main.py")
    app.file("f/other.py", "X = '!'")
    app.function("g", "from . import other\ndef main(req): return __name__ + other.X", script="v1.0/code.py")
    app.file("g/v1.0/other.py", "X = '?'")
    worker = start(app)
    assert worker.get("f").body == b"__app__.f.my_main!"
    assert worker.get("g").body == b"__app__.g.v1_0.code?"


def test_shared_code_is_importable_by_its_own_name(app: App, start: Start) -> None:
    app.file("shared_code/__init__.py", "NAME = __name__")
    app.function("f", "import shared_code\ndef main(req): return shared_code.NAME")
    assert start(app).get("f").body == b"shared_code"


def test_imports_from_the_own_folder_fail_with_the_import_to_write(app: App, start: Start) -> None:
    names = ["import_example", "from_example", "import_shared_code"]
    worker = start(existing(app, "guide_refused_imports", *names), errors=True)
    assert set(worker.load_errors) == {"import_example", "from_example"}
    kind, message, stack, path, line = worker.load_errors["import_example"]
    assert (kind, path, line) == ("ModuleNotFoundError", str(app.root / "import_example" / "__init__.py"), 1)
    assert message.startswith("No module named 'example'. ")
    assert "`from . import example`" in message
    assert "import example" in stack
    assert "funchost_worker" not in stack
    assert "`from .example import ...`" in worker.load_errors["from_example"][1]
    assert worker.get("import_shared_code").body == b"found shared_code"


def test_strict_imports_refuse_all_three_forms_and_keep_the_others(app: App, start: Start) -> None:
    names = ["import_example", "from_example", "import_shared_code"]
    existing(app, "guide_refused_imports", *names)
    app.function(
        "fine",
        """
        from ..shared_code import __name__ as relative
        from __app__ import shared_code
        import __app__.shared_code
        def main(req): return relative
        """,
    )
    worker = start(app, {"PYTHON_STRICT_IMPORTS": "1"}, errors=True)
    assert set(worker.load_errors) == set(names)
    assert "`from __app__ import shared_code`" in worker.load_errors["import_shared_code"][1]
    assert worker.get("fine").body == b"__app__.shared_code"


def test_an_import_inside_a_function_gets_the_same_help(app: App, start: Start) -> None:
    app.function("f", "def main(req):\n    import example_of_f\n")
    app.file("f/example_of_f.py")
    error = start(app).get("f").error
    assert error[0] == "ModuleNotFoundError"
    assert "`from . import example_of_f`" in error[1]


def test_a_missing_package_names_requirements_txt(app: App, start: Start) -> None:
    app.function("f", "import not_installed_anywhere\ndef main(req): pass")
    worker = start(app, errors=True)
    message = worker.load_errors["f"][1]
    assert message.startswith("No module named 'not_installed_anywhere'. Cannot find module. Please check the ")
    assert "requirements.txt" in message


def test_an_installed_package_beats_an_app_module_of_the_same_name(app: App, start: Start) -> None:
    app.file("azure_functions_named/__init__.py", "WHO = 'app'")
    packages = app.root / ".python_packages" / "lib" / "site-packages"
    app.file(".python_packages/lib/site-packages/azure_functions_named/__init__.py", "WHO = 'installed'")
    app.file(".python_packages/lib/site-packages/extra.pth", "elsewhere\n")
    app.file(".python_packages/lib/site-packages/elsewhere/by_pth.py", "WHO = 'pth'")
    app.function(
        "f",
        """
        import azure_functions_named, by_pth
        import __app__.azure_functions_named as own
        def main(req): return ' '.join([azure_functions_named.WHO, own.WHO, by_pth.WHO])
        """,
    )
    assert start(app, packages=packages).get("f").body == b"installed app pth"


def test_the_apps_packages_come_before_the_interpreters(app: App, start: Start) -> None:
    packages = app.root / ".python_packages" / "lib" / "site-packages"
    app.file(".python_packages/lib/site-packages/pluggy.py", "WHO = 'app packages'")
    app.function("f", f"import pluggy, sys\ndef main(req): return pluggy.WHO + str(sys.path[-1] == {str(app.root)!r})")
    assert start(app, packages=packages).get("f").body == b"app packagesTrue"


def test_top_level_code_runs_once(app: App, start: Start) -> None:
    app.function("f", "print('loaded')\ndef main(req): return 'x'")
    app.functions.append({**app.functions[0], "name": "again"})
    worker = start(app)
    worker.get("again")
    worker.get("f")
    worker.wait_for_output("stdout", b"loaded")
    assert worker.output["stdout"].count(b"loaded") == 1


ERRORS: list[Any] = [
    (
        "def other(req): pass",
        {},
        "RuntimeError",
        "cannot load function f: function main() is not present in f/__init__.py",
    ),
    ("main = 3", {}, "RuntimeError", "function main() is not present"),
    ("def main(req): pass", {"entry_point": "run"}, "RuntimeError", "function run() is not present in f/__init__.py"),
    ("def main(:", {}, "SyntaxError", "invalid syntax"),
    ("1 / 0", {}, "ZeroDivisionError", "division by zero"),
    ("import sys; sys.exit(3)", {}, "SystemExit", "3"),
    ("raise KeyboardInterrupt", {}, "KeyboardInterrupt", ""),
    (
        "def main(): pass",
        {},
        "FunctionLoadError",
        "cannot load the f function: the following parameters are declared in",
    ),
]


@pytest.mark.parametrize(("text", "more", "kind", "message"), ERRORS, ids=[e[2] + e[3][-12:] for e in ERRORS])
def test_a_broken_function_is_told_and_leaves_the_others_alone(
    app: App, start: Start, text: str, more: dict[str, Any], kind: str, message: str
) -> None:
    app.function("f", text, **more)
    app.function("fine", "def main(req): return 'fine'")
    worker = start(app, errors=True)
    assert list(worker.load_errors) == ["f"]
    assert worker.load_errors["f"][0] == kind
    assert message in worker.load_errors["f"][1]
    assert worker.get("fine").body == b"fine"


def test_errors_name_file_and_line(app: App, start: Start) -> None:
    app.file("shared/code.py", "\n\nvalue = 1 // 0\n")
    app.function("f", "from ..shared import code\ndef main(req): pass")
    app.function("g", "x = 1\ndef main(:\n")
    worker = start(app, errors=True)
    assert worker.load_errors["f"][3:] == [str(app.root / "shared" / "code.py"), 3]
    assert worker.load_errors["g"][3:] == [str(app.root / "g" / "__init__.py"), 2]


def test_scripts_that_are_no_python_or_lie_outside(app: App, start: Start, tmp_path: Path) -> None:
    app.function("f", "", script="code.txt")
    (tmp_path / "outside.py").write_text("def main(req): pass")
    app.function("g", "")["script_file"] = str(tmp_path / "outside.py")
    worker = start(app, errors=True)
    assert "cannot load function f: invalid Python filename" in worker.load_errors["f"][1]
    assert "is not relative to the specified directory" in worker.load_errors["g"][1]


def test_globals_stay_between_calls_and_settings_are_the_environment(app: App, start: Start) -> None:
    app.function(
        "f", "import os\nn = 0\ndef main(req):\n    global n\n    n += 1\n    return os.environ['MY'] + str(n)"
    )
    worker = start(app, {"MY": "setting"})
    assert [worker.get("f").body for _ in range(2)] == [b"setting1", b"setting2"]
