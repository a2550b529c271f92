"""Watch: ends a build that uses more than it may, or whose server has ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import BinaryIO

from funchost.deploy.build.channel import ReportChannel
from funchost.deploy.build.order import BuildOrder
from funchost.deploy.build.process_family import descendants, kill_below, memory_in_use
from funchost.deploy.build.report import Failed
from funchost.deploy.build.tree_size import size_on_disk

INTERVAL = 0.25
_SHARE = 10
"""A look that takes long is followed by a pause that is as many times longer."""

_MEBIBYTE = 2**20


class Watch:
    """Two threads of the build process; neither ever keeps it from ending.

    Args:
        order: whose limits hold.
        channel: gets the reason.
        lifeline: has its end when the server has ended.
    """

    def __init__(self, order: BuildOrder, channel: ReportChannel, lifeline: BinaryIO) -> None:
        self._order = order
        self._channel = channel
        self._lifeline = lifeline

    def start(self) -> None:
        for target in (self._await_server, self._measure):
            threading.Thread(target=target, name=target.__name__, daemon=True).start()

    def _await_server(self) -> None:
        while self._lifeline.read(1):
            continue
        end_all()

    def _measure(self) -> None:
        while True:
            began = time.monotonic()
            excess = self._excess()
            if excess is not None:
                self._channel.end(Failed("BuildError", f"The build was ended while it was {excess}"))
                end_all()
            time.sleep(max(INTERVAL, (time.monotonic() - began) * _SHARE))

    def _excess(self) -> str | None:
        """Return what the build uses too much of; completes "while it was ..."."""
        limits, doing = self._order.limits, self._channel.doing
        size = size_on_disk(self._order.work)
        if size > limits.disk:
            return f"{doing}: its files take {_mebibytes(size)}, more than the limit of {_mebibytes(limits.disk)}."
        family = [os.getpid(), *descendants(os.getpid())]
        if len(family) > limits.processes:
            return f"{doing}: it runs {len(family)} processes, more than the limit of {limits.processes}."
        memory = memory_in_use(family)
        if memory > limits.memory:
            return (
                f"{doing}: it uses {_mebibytes(memory)} of memory, more than the limit of {_mebibytes(limits.memory)}."
            )
        return None


def end_all() -> None:
    """End this process and everything that it has started, at once."""
    kill_below(os.getpid())
    os.killpg(0, signal.SIGKILL)


def _mebibytes(size: int) -> str:
    return f"{size / _MEBIBYTE:.0f} MiB"
