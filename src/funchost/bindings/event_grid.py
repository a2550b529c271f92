"""Event Grid outputs: events that a function publishes to a topic."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from funchost.app.binding_expression import Template
from funchost.app.invocation import Datum
from funchost.app.problem import DeclarationProblem
from funchost.bindings.event_grid_events import EventRequest, requests_for
from funchost.bindings.failure import BindingFailure, about
from funchost.bindings.kind import BindingCall, Declared, Input
from funchost.errors import SettingError
from funchost.storage.connections import identity_below
from funchost.storage.credentials import Identity

if TYPE_CHECKING:
    import aiohttp

API_VERSION = "2018-01-01"
KEY_HEADER = "aeg-sas-key"
SCOPE = "https://eventgrid.azure.net/.default"
ATTEMPTS = 3
TIMEOUT = 30.0
_TOLD = 300
"""Characters of an answer."""
_BUSY = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Topic:
    """Where events go.

    Args:
        url: of the topic's endpoint, with the version of the protocol.
        key: the topic's access key, None for an identity.
        identity: whose tokens open the topic, if there is no key.
        setting: names the connection in messages.
    """

    url: str
    key: str | None = field(default=None, repr=False)
    identity: Identity | None = None
    setting: str = ""


class EventGridOutput:
    """Publishes events.

    Args:
        pause: waits before another attempt, given how many were made.
    """

    templates: tuple[Template, ...] = ()

    def __init__(self, topic: Topic, pause: Callable[[int], Awaitable[None]] | None = None) -> None:
        self._topic = topic
        self._pause = pause or _pause

    async def write(self, call: BindingCall, value: Datum) -> None:
        """Raises: BindingFailure."""
        with about(f"topic '{urlsplit(self._topic.url).netloc}'"):
            requests = requests_for(value)
            if not requests:
                return
            headers = await self._authorization(call)
            for request in requests:
                await self._send(call, request, headers)

    async def _authorization(self, call: BindingCall) -> dict[str, str]:
        topic = self._topic
        if topic.key is not None:
            return {KEY_HEADER: topic.key}
        bearer = await call.resources.tokens.bearer(topic.identity or Identity(), topic.setting, SCOPE)
        return {"authorization": bearer}

    async def _send(self, call: BindingCall, request: EventRequest, headers: dict[str, str]) -> None:
        """Send one request, again if the topic is busy or away. Raises: BindingFailure."""
        import aiohttp

        headers = {**headers, "content-type": request.content_type}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with call.resources.session().post(
                    self._topic.url, data=request.body, headers=headers, timeout=timeout, allow_redirects=False
                ) as answer:
                    if answer.status < 300:
                        return
                    problem = f"the answer was {answer.status}: {await _beginning(answer)}"
                    if answer.status not in _BUSY:
                        break
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = f"it cannot be reached: {error or type(error).__name__}"
            if attempt < ATTEMPTS:
                await self._pause(attempt)
        raise BindingFailure(problem)


class EventGridKind:
    """Plans bindings of type `eventGrid`, which are outputs only."""

    def plan_input(self, declared: Declared) -> Input:
        """Raises: DeclarationProblem."""
        raise declared.problem("events can be published only; use an eventGridTrigger to be called with them.", "type")

    def plan_output(self, declared: Declared) -> EventGridOutput:
        """Raises: DeclarationProblem."""
        return EventGridOutput(read_topic(declared))


def read_topic(declared: Declared) -> Topic:
    """Return the topic that a binding names: by the settings of its endpoint and key, or by a `connection`.

    Raises:
        DeclarationProblem: a setting is missing, or the endpoint is no URL.
    """
    endpoint = declared.text("topicendpointuri")
    key = declared.text("topickeysetting")
    connection = declared.text("connection")
    if endpoint is not None and key is not None:
        url = endpoint if "://" in endpoint else _setting(declared, endpoint, "topicendpointuri")
        return Topic(_with_version(declared, url, "topicendpointuri"), key=_setting(declared, key, "topickeysetting"))
    if connection is None:
        missing = "topicendpointuri" if endpoint is None else "topickeysetting"
        raise declared.problem(
            "it names an app setting and must be there, beside the other of topicEndpointUri and topicKeySetting; "
            "or give a connection with a setting <connection>__topicEndpointUri.",
            missing,
        )
    name = f"{connection}__topicEndpointUri"
    url = _setting(declared, name, "connection")
    try:
        identity = identity_below(declared.settings.names, connection)
    except SettingError as error:
        raise declared.problem(" ".join(filter(None, (error.message, error.hint))), "connection") from error
    return Topic(_with_version(declared, url, "connection"), identity=identity, setting=name)


def _setting(declared: Declared, name: str, prop: str) -> str:
    value = (declared.settings.get(name) or "").strip()
    if not value:
        raise declared.problem(
            f"the app setting '{name}' does not exist or is empty. Make sure the setting exists and has a valid value.",
            prop,
        )
    return value


def _with_version(declared: Declared, url: str, prop: str) -> str:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        raise _no_url(declared, prop)
    if "api-version=" in parts.query:
        return url
    return f"{url}{'&' if parts.query else '?'}api-version={API_VERSION}"


def _no_url(declared: Declared, prop: str) -> DeclarationProblem:
    # The value stays out of the message: somebody may have put the key there.
    return declared.problem(
        "The 'TopicEndpointUri' property must be a valid absolute Uri. "
        "It looks like https://<topic>.<region>.eventgrid.azure.net/api/events.",
        prop,
    )


async def _beginning(answer: aiohttp.ClientResponse) -> str:
    """Return what an answer says, as far as it is worth telling; the rest is not read."""
    begun = b""
    while len(begun) < _TOLD * 4 and (piece := await answer.content.read(_TOLD * 4 - len(begun))):
        begun += piece
    return begun.decode("utf-8", "replace")[:_TOLD].strip()


async def _pause(attempt: int) -> None:
    await asyncio.sleep(0.5 * 2**attempt)
