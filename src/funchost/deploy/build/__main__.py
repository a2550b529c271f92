"""The build process: ``python -m funchost.deploy.build <descriptor>``. Reads one order from standard input.

Reports go to the descriptor. Standard input stays open as long as the server lives; its end ends the build.
"""

from __future__ import annotations

import errno
import os
import sys

from funchost.deploy.build.channel import ReportChannel
from funchost.deploy.build.order import BuildOrder, decode_order
from funchost.deploy.build.process_family import kill_below
from funchost.deploy.build.process_limits import adopt_orphans, apply_limits
from funchost.deploy.build.report import Done, Failed, failed
from funchost.deploy.build.steps import run_steps
from funchost.deploy.build.watch import Watch
from funchost.errors import BuildError, FuncHostError
from funchost.settings import process_environment

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def main() -> None:
    """Do the build that standard input asks for, and end."""
    fd = int(sys.argv[1])
    os.set_inheritable(fd, False)
    lifeline = os.fdopen(os.dup(0), "rb", buffering=0)
    order = decode_order(_first_line(lifeline.fileno()))
    _give_away_standard_streams()
    adopt_orphans()
    apply_limits(order.limits)
    channel = ReportChannel(fd, order.limits.lines, order.content)
    Watch(order, channel, lifeline).start()
    channel.end(_build(order, channel))
    kill_below(os.getpid())


def _first_line(fd: int) -> bytes:
    """Read up to the first line's end; not a byte more, which the watch awaits."""
    line = bytearray()
    while not line.endswith(b"\n"):
        data = os.read(fd, 1)
        if not data:
            raise SystemExit(1)
        line += data
    return bytes(line)


def _give_away_standard_streams() -> None:
    """Let no installer inherit the lifeline, or write where reports are expected."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)


def _build(order: BuildOrder, channel: ReportChannel) -> Done | Failed:
    try:
        return Done(run_steps(order, channel, process_environment()))
    except FuncHostError as error:
        return failed(error)
    except MemoryError:
        limit = order.limits.memory // 2**20
        return Failed(
            "BuildError", f"The build ran out of memory while it was {channel.doing}: {limit} MiB are its limit."
        )
    except RecursionError:
        message = f"Folders lie too deep in one another: the build was {channel.doing}."
        return Failed("BuildError", message)
    except OSError as error:
        return failed(_disk_error(error, channel.doing))


def _disk_error(error: OSError, doing: str) -> BuildError:
    if error.errno in _NO_SPACE:
        return BuildError(
            f"The disk is full: the build ended while it was {doing}.", hint="Free some space and try again."
        )
    if error.errno == errno.EFBIG:
        return BuildError(f"A file grew beyond the build's limit of disk space while it was {doing}.")
    return BuildError(f"The build failed while it was {doing}: {error}.")


if __name__ == "__main__":
    main()
