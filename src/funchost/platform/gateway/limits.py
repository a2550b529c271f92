"""GatewayLimits: what the gateway holds for apps that have no instance, how it keeps connections to instances."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """Bounds on what the gateway holds. What a single client may cost is http/limits.py's.

    Args:
        clients: connected at once, at all ports together; more are answered 503. None = two of five files that the
            process may open: each request takes one to its instance as well, and the server needs some itself.
        waiting_requests: of one site, while it has no instance; more are answered 503.
        waiting_bytes: of their bodies, of one site; more are answered 503.
        waiting_seconds: that a request waits for an instance, then 503.
        retry_seconds: after which waiting requests try instances again that could not be reached.
        connect_seconds: that opening a connection to an instance may take.
        read_ahead: bytes of a request that are read before an instance takes them; then the client is held up.
        replay: bytes of a request that are kept to send them again, should the instance go away before it answers.
        idle_seconds: that an unused connection to an instance is kept: less than instances keep it, so that they do
            not close one on which a request is under way.
        kept_alive: unused connections to one instance at most.
        answer_head: bytes of an answer's status line and headers.
        discard_seconds: that a client may go on sending a body after its answer is complete.
    """

    clients: int | None = None
    waiting_requests: int = 1000
    waiting_bytes: int = 16 * 1024 * 1024
    waiting_seconds: float = 120.0
    retry_seconds: float = 0.5
    connect_seconds: float = 5.0
    read_ahead: int = 64 * 1024
    replay: int = 64 * 1024
    idle_seconds: float = 60.0
    kept_alive: int = 256
    answer_head: int = 128 * 1024
    discard_seconds: float = 30.0
