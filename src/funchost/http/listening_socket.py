"""listening_socket: takes a TCP port, and says clearly why that fails."""

from __future__ import annotations

import errno
import os
import socket

from funchost.errors import FuncHostError, PortInUseError

BACKLOG = 2048


def listening_socket(address: str, port: int) -> socket.socket:
    """Return a socket that listens; clients that connect from now on wait until somebody accepts them.

    Args:
        address: IP address.
        port: TCP port, 0 = any free one.

    Raises:
        PortInUseError: another process listens there.
        FuncHostError: the address is none of this machine, or the port is not allowed.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _bind_error(error, address, port) from None
    listener.setblocking(False)
    return listener


def _bind_error(error: OSError, address: str, port: int) -> FuncHostError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(
            f"Port {port} is unavailable. Close the process using that port, or specify another port using --port [-p]."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return FuncHostError(
            f"{address} is not an address of this machine.", hint="127.0.0.1 is always one, 0.0.0.0 means all of them."
        )
    if error.errno == errno.EACCES:
        return FuncHostError(
            f"Port {port} may not be opened by this user.", hint="Ports below 1024 need rights; take another one."
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return FuncHostError(f"Cannot listen on {address} port {port}: {reason}.")
