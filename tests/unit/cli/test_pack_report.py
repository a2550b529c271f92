"""What is said about a package."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.cli.pack_report import largest_folders, size
from funchost.deploy.package.project_files import ProjectFile


@pytest.mark.parametrize(
    ("length", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 * 1024**2, "5.0 MiB"), (3 * 1024**4, "3072.0 GiB")],
)
def test_sizes_are_written_as_people_read_them(length: int, text: str) -> None:
    assert size(length) == text


def test_the_largest_folders_come_first_and_packages_by_name() -> None:
    packages = ".python_packages/lib/site-packages/"
    files = [
        ProjectFile(name, Path(name), length)
        for name, length in (
            ("host.json", 9999),
            ("Hello/a.py", 10),
            (packages + "numpy/core/a.so", 500),
            (packages + "numpy/b.py", 50),
            (packages + "six.py", 20),
            *((f"f{number}/a", 1) for number in range(9)),
        )
    ]
    assert largest_folders(files)[:3] == [
        (packages + "numpy/", 550),
        (packages, 20),
        ("Hello/", 10),
    ]
    assert len(largest_folders(files)) == 5
