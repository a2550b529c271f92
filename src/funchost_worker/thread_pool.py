"""Thread pool: where functions without `async` run. Threads start on demand and never keep the process alive."""

import collections
import os
import queue
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Deque, Mapping, Tuple

SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"


def thread_count(environ: "Mapping[str, str]") -> "Tuple[int, str]":
    """Return the pool's size from the app setting, and a warning if its value cannot be used."""
    default = min(32, (os.cpu_count() or 1) + 4)
    text = environ.get(SETTING, "").strip()
    if not text:
        return default, ""
    try:
        count = int(text)
    except ValueError:
        return default, "{} must be an integer, got {!r}. Using the default of {}.".format(SETTING, text, default)
    if count < 1:
        return default, ("{} must be set to a value between 1 and sys.maxint, got {}. "
                         "Reverting to default value for max_workers, {}.".format(SETTING, count, default))
    return count, ""


class ThreadPool:
    """Runs jobs in at most `size` daemon threads, in order of submission.

    Args:
        broken: called in the thread when a job raises, which it must not: its caller would wait for ever.
    """

    def __init__(self, size: int, broken: "Callable[[], None]") -> None:
        self.size = size
        self._broken = broken
        self._jobs: "Any" = getattr(queue, "SimpleQueue", queue.Queue)()
        self._idle: "Deque[None]" = collections.deque()
        self._threads = 0

    def submit(self, job: "Callable[[], None]") -> None:
        """Run `job`, which must not raise. Called by one thread only."""
        self._jobs.put(job)
        try:
            self._idle.pop()
        except IndexError:
            if self._threads < self.size:
                self._start_thread()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="function-{}".format(self._threads + 1), daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not self._threads:
                raise
        else:
            self._threads += 1

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except BaseException:
                self._broken()
            del job
            self._idle.append(None)
