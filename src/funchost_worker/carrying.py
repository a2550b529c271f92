"""Carrying: threads and executors that a function uses belong to its invocation.

`asyncio` tasks inherit the context by themselves; threads do not before Python 3.14. Two methods of the standard
library are wrapped, in the thinnest way that covers `threading.Thread`, `ThreadPoolExecutor` and `run_in_executor`.
"""

import concurrent.futures.thread
import threading

from funchost_worker.attribution import CALLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _carry_into_threads() -> None:
    start = threading.Thread.start

    def carrying_start(self: threading.Thread) -> None:
        if CALLS.get() is None:
            start(self)
            return
        attributes = vars(self)
        had_own_run = "run" in attributes
        run = self.run
        carried = CALLS.carried(run)

        def restore() -> None:
            if had_own_run:
                attributes["run"] = run
            else:
                attributes.pop("run", None)

        def run_carried() -> None:
            restore()
            carried()

        attributes["run"] = run_carried
        try:
            start(self)
        except BaseException:
            restore()
            raise

    threading.Thread.start = carrying_start  # type: ignore[method-assign]


def _carry_into_executors() -> None:
    submit: "Any" = concurrent.futures.thread.ThreadPoolExecutor.submit

    def carrying_submit(self: "Any", fn: "Any", *args: "Any", **kwargs: "Any") -> "Any":
        return submit(self, CALLS.carried(fn), *args, **kwargs)

    concurrent.futures.thread.ThreadPoolExecutor.submit = carrying_submit  # type: ignore[assignment,method-assign]


def carry() -> None:
    _carry_into_threads()
    _carry_into_executors()
