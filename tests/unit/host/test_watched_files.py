from __future__ import annotations

import os
from pathlib import Path

from funchost.host.watched_files import WatchRules, changed_files, rescoped, take_snapshot


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def names(root: Path, rules: WatchRules | None = None) -> set[str]:
    return {os.path.relpath(path, root) for path in take_snapshot(root, rules or WatchRules()).files}


def test_python_files_and_configuration_count_and_data_does_not(tmp_path: Path) -> None:
    for name in ("host.json", "f/function.json", "f/__init__.py", "shared/deep/x.py", "f/data.csv", "requirements.txt"):
        write(tmp_path / name)
    assert names(tmp_path) == {"host.json", "f/function.json", "f/__init__.py", "shared/deep/x.py"}


def test_environments_caches_and_hidden_folders_are_not_entered(tmp_path: Path) -> None:
    write(tmp_path / "myenv/pyvenv.cfg")
    for name in ("myenv/lib/x.py", ".venv/x.py", ".funchost/x.py", "f/__pycache__/x.py", "node_modules/x.py", "a.py"):
        write(tmp_path / name)
    snapshot = take_snapshot(tmp_path, WatchRules())
    assert {os.path.relpath(folder, tmp_path) for folder in snapshot.folders} == {".", "f"}
    assert names(tmp_path) == {"a.py"}


def test_funcignore_takes_files_out(tmp_path: Path) -> None:
    write(tmp_path / ".funcignore", "tests/\n*_local.py\n")
    for name in ("tests/test_a.py", "f/x_local.py", "f/x.py"):
        write(tmp_path / name)
    assert names(tmp_path) == {"f/x.py"}


def test_watch_files_and_directories_of_host_json_count(tmp_path: Path) -> None:
    for name in ("f/model.bin", "templates/deep/page.html", "f/templates/other.html"):
        write(tmp_path / name)
    rules = WatchRules(frozenset({"model.bin"}), frozenset({"templates"}))
    assert names(tmp_path, rules) == {"f/model.bin", "templates/deep/page.html"}


def test_linked_folder_loop_ends(tmp_path: Path) -> None:
    write(tmp_path / "f/x.py")
    (tmp_path / "f/loop").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path) == {"f/x.py"}


def test_link_to_itself_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    write(tmp_path / "a.py")
    assert names(tmp_path) == {"a.py"}


def test_new_rules_alone_are_no_change(tmp_path: Path) -> None:
    write(tmp_path / "a.py")
    write(tmp_path / "model.bin")
    gone = write(tmp_path / "gone.py")
    narrow, wide = WatchRules(), WatchRules(frozenset({"model.bin"}))
    before = {rules: take_snapshot(tmp_path, rules) for rules in (narrow, wide)}
    for old, new in ((narrow, wide), (wide, narrow)):
        now = take_snapshot(tmp_path, new)
        assert changed_files(rescoped(before[old], now), now) == []
    gone.unlink()
    now = take_snapshot(tmp_path, wide)
    assert changed_files(rescoped(before[narrow], now), now) == [("Deleted", str(gone))]


def test_differences_are_named(tmp_path: Path) -> None:
    write(tmp_path / "same.py", "1")
    changed = write(tmp_path / "changed.py", "1")
    deleted = write(tmp_path / "deleted.py", "1")
    before = take_snapshot(tmp_path, WatchRules())
    changed.write_text("22", encoding="utf-8")
    deleted.unlink()
    created = write(tmp_path / "created.py")
    after = take_snapshot(tmp_path, WatchRules())
    assert changed_files(before, after) == [
        ("Changed", str(changed)),
        ("Created", str(created)),
        ("Deleted", str(deleted)),
    ]


def test_unchanged_files_are_no_difference(tmp_path: Path) -> None:
    write(tmp_path / "a.py")
    assert changed_files(take_snapshot(tmp_path, WatchRules()), take_snapshot(tmp_path, WatchRules())) == []


def test_lines_of_funcignore_that_are_no_patterns_are_named_and_the_others_count(tmp_path: Path) -> None:
    write(tmp_path / ".funcignore", "!\ntests/\nends with a backslash\\\n")
    for name in ("tests/test_a.py", "f/x.py"):
        write(tmp_path / name)
    assert names(tmp_path) == {"f/x.py"}
    assert take_snapshot(tmp_path, WatchRules()).refused == ("!", "ends with a backslash\\")
