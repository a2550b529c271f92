from __future__ import annotations

from pathlib import Path

from funchost.deploy.build.job import BuildLimits
from funchost.deploy.build.order import BuildOrder, decode_order
from funchost.deploy.pythons import Installation


def test_an_order_survives_the_pipe_as_one_line() -> None:
    order = BuildOrder(
        package=Path("/data/päckage\n.zip"),
        work=Path("/data/scratch/build-1"),
        cache=Path("/data/cache"),
        python=Installation(Path("/usr/bin/python3.11"), (3, 11, 7), "PATH"),
        install=True,
        before="make",
        after=None,
        limits=BuildLimits(seconds=1.5),
    )

    line = order.encode()

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_order(line) == order
    assert order.content == Path("/data/scratch/build-1/content")
