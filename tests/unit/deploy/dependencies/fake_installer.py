"""An installer that does what a test tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from funchost.deploy.dependencies.installation import Order
from funchost.deploy.dependencies.installer_process import Said

Step = Callable[[Order], Said]


class FakeInstaller:
    """Takes a step for each call.

    Args:
        steps: what each call does.
    """

    name = "fake"

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.orders: list[Order] = []
        self.built: list[tuple[str, ...]] = []

    def install(self, order: Order, built: Sequence[str], scratch: Path) -> Said:
        self.orders.append(order)
        self.built.append(tuple(built))
        return self._steps.pop(0)(order)


def puts(name: str, version: str = "1.0", tag: str = "py3-none-any") -> Step:
    """A step that installs a package."""

    def step(order: Order) -> Said:
        put(order.target, name, version, tag)
        return Said(0, ())

    return step


def says(*lines: str) -> Step:
    """A step that fails."""
    return lambda order: Said(1, lines)


def put(site_packages: Path, name: str, version: str = "1.0", *tags: str) -> None:
    """Write the files of an installed package."""
    metadata = site_packages / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText: more\n")
    (metadata / "WHEEL").write_text("Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags))
    (metadata / "RECORD").write_text(f"{name}.py,,\n")
    (site_packages / f"{name}.py").write_text("x = 1\n")
