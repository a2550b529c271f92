"""ClientLimits: what one connection may cost before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Bounds on clients that are broken, slow or hostile.

    The sizes are those of the existing host's server; its rate limit is 240 bytes/s too, over 5 seconds.

    Args:
        request_line: bytes; more answer 414.
        header_bytes: names and values of all headers together with ``: `` and line ends; more answer 431.
        header_count: more answer 431.
        head_timeout: seconds from a request's first byte to the end of its headers; later ones are answered 408.
        slow_window: seconds; in each window a client that is being waited for must move `slow_bytes`.
        slow_bytes: bytes a client must send of a body (else 408), or take of a response (else cut off), per window.
        keep_alive: seconds an idle connection is kept.
        pipelined: requests a client may send ahead of their answers on one connection; more end it.
    """

    request_line: int = 8 * 1024
    header_bytes: int = 32 * 1024
    header_count: int = 100
    head_timeout: float = 30.0
    slow_window: float = 30.0
    slow_bytes: int = 30 * 240
    keep_alive: int = 130
    pipelined: int = 256
