"""Webhook: how an event source outside calls the host about a trigger, under ``/runtime/webhooks/<extension>``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple


class WebhookRequest(NamedTuple):
    """A call whose key has been checked.

    Args:
        method: in upper case.
        path: decoded segments behind the extension's name.
        query: decoded, names in lower case, without the key; of a repeated one the last value.
        headers: names in lower case, values of repeated ones joined with commas.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class WebhookReply(NamedTuple):
    """The answer.

    Args:
        headers: names in lower case.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


Webhook = Callable[[WebhookRequest], Awaitable[WebhookReply]]
"""Answers the calls to one extension; its name in the path says which, e.g. ``eventgrid``."""


def plain_reply(status: int, message: str) -> WebhookReply:
    return WebhookReply(status, message.encode(), (("content-type", "text/plain; charset=utf-8"),))
