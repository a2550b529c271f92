"""BuildOrder: what a build process is told, as JSON on its standard input. No secrets: these are in its environment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from funchost.deploy.build.job import BuildLimits
from funchost.deploy.pythons import Installation


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """One build, for the process that does it.

    Args:
        package: the zip, readable to the process.
        work: a folder for this build alone; its `content` is what becomes the version.
        cache: downloads and wheels that all builds share.
        python: what the app will run on.
        install: see BuildJob.
        before: command to run before the dependencies are installed, None = none.
        after: the same, after that.
        limits: see BuildLimits.
    """

    package: Path
    work: Path
    cache: Path
    python: Installation
    install: bool
    before: str | None
    after: str | None
    limits: BuildLimits

    @property
    def content(self) -> Path:
        """The folder that will hold host.json; made by the process."""
        return self.work / "content"

    def encode(self) -> bytes:
        """Return the order as one line with its end."""
        document = {
            "package": str(self.package),
            "work": str(self.work),
            "cache": str(self.cache),
            "python": [str(self.python.path), *self.python.version, self.python.source],
            "install": self.install,
            "before": self.before,
            "after": self.after,
            "limits": list(self.limits),
        }
        return json.dumps(document).encode() + b"\n"


def decode_order(line: bytes) -> BuildOrder:
    """Return the order in a line that `encode` made."""
    document = json.loads(line)
    path, major, minor, micro, source = document["python"]
    return BuildOrder(
        package=Path(document["package"]),
        work=Path(document["work"]),
        cache=Path(document["cache"]),
        python=Installation(Path(path), (major, minor, micro), source),
        install=document["install"],
        before=document["before"],
        after=document["after"],
        limits=BuildLimits(*document["limits"]),
    )
