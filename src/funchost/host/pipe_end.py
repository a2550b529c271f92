"""PipeEnd: a descriptor for `connect_read_pipe` and `connect_write_pipe` of a uvloop, which closes it alone.

uvloop closes the descriptor of a transport and then the file object that it was given, which closes the same number
again. Where another thread, or the loop itself, has got that number in between, its file or connection is closed
instead (MagicStack/uvloop, issue 763). So uvloop gets something that closes nothing.
"""

from __future__ import annotations


class PipeEnd:
    """Stands in for a file object.

    Args:
        fd: the transport's from now on.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        """Does nothing: the transport closes the descriptor."""
