from __future__ import annotations

from pathlib import Path

from funchost.host.bytecode import forget_bytecode


def test_bytecode_of_changed_modules_goes_and_the_rest_stays(tmp_path: Path) -> None:
    cache = tmp_path / "[odd] folder" / "__pycache__"
    cache.mkdir(parents=True)
    names = ("a.cpython-311.pyc", "a.cpython-39.opt-1.pyc", "ab.cpython-311.pyc", "host.cpython-311.pyc")
    for name in names:
        (cache / name).touch()

    forget_bytecode([str(cache.parent / name) for name in ("a.py", "host.json", "never.py")])

    assert sorted(path.name for path in cache.iterdir()) == ["ab.cpython-311.pyc", "host.cpython-311.pyc"]


def test_bytecode_that_cannot_be_removed_stays(tmp_path: Path) -> None:
    (tmp_path / "__pycache__" / "a.cpython-311.pyc").mkdir(parents=True)

    forget_bytecode([str(tmp_path / "a.py")])

    assert (tmp_path / "__pycache__" / "a.cpython-311.pyc").exists()
