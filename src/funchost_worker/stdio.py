"""Stdio: the worker's stdout and stderr, kept usable whatever functions do to them."""

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, TextIO

NUMBERS = {"stdout": 1, "stderr": 2}


def _line_buffered(stream: "TextIO") -> "TextIO":
    """The same stream, writing at every line end: `print` shows at once without `python -u`."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(line_buffering=True)
        return stream
    assert isinstance(stream, io.TextIOWrapper)  # noqa: S101 - Python 3.6
    encoding, errors = stream.encoding, stream.errors
    return io.TextIOWrapper(stream.detach(), encoding=encoding, errors=errors, line_buffering=True)


class Stdio:
    """Line-buffers stdout and stderr, flushes them after a call and opens them again if a function closed them."""

    def __init__(self) -> None:
        self._spare = {name: os.dup(number) for name, number in NUMBERS.items()}
        self._own = {"stdout": _line_buffered(sys.stdout), "stderr": _line_buffered(sys.stderr)}
        for name, stream in self._own.items():
            setattr(sys, name, stream)
            setattr(sys, "__{}__".format(name), stream)

    @property
    def descriptors(self) -> "List[int]":
        """The spare descriptors, to be let go in a forked child."""
        return list(self._spare.values())

    def flush(self) -> None:
        """Write what is buffered, of our streams and of those that the app put in their place. Never raises."""
        for name, own in self._own.items():
            try:
                os.get_inheritable(NUMBERS[name])  # the cheapest question that fails if a function closed it
            except OSError:
                os.dup2(self._spare[name], NUMBERS[name])
            current = getattr(sys, name)
            try:
                current.flush()
                if current is not own:
                    own.flush()
            except Exception:  # closed, replaced by something odd, or nobody reads any more
                self._mend(name)

    def _mend(self, name: str) -> None:
        """Give `print` a working stream again if a function closed it."""
        own = self._own[name]
        if not own.closed:
            return
        number = NUMBERS[name]
        os.dup2(self._spare[name], number)
        mended = open(number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
        self._own[name] = mended
        if getattr(sys, name) is own or getattr(sys, name) is None:
            setattr(sys, name, mended)
        setattr(sys, "__{}__".format(name), mended)
