"""Webhooks: /runtime/webhooks/<extension>/..., where event sources outside reach the triggers.

The HTTP room does what concerns every extension: verbs, the key, the body's size. What an extension answers is the
business of its trigger, which the host has at hand (app/webhook.py).
"""

from __future__ import annotations

from funchost.app.webhook import WebhookReply, WebhookRequest
from funchost.http.admin_access import ALLOWED, admin_access
from funchost.http.asgi import Receive, Scope
from funchost.http.auth import presented_key
from funchost.http.control import HostControl, HostState
from funchost.http.keys import KeyStore
from funchost.http.reply import Reply, empty
from funchost.http.request_body import BodyTooLargeError, whole_body
from funchost.http.translate import decoded_headers, decoded_query

VERBS = frozenset({"GET", "POST", "PUT", "DELETE", "OPTIONS"})
BODY_LIMIT = 4 * 1024 * 1024
"""Longest body of a call; Event Grid delivers one MiB at most."""
START_TIMEOUT = 30.0
_STARTING = (HostState.DEFAULT, HostState.STARTING)


def system_key(extension: str) -> str:
    """Return the name of the system key that opens an extension's webhook."""
    return f"{extension}_extension"


class WebhookEndpoint:
    """Answers calls of webhooks.

    Args:
        control: the host.
        keys: the app's keys.
        enforce_keys: ask for the extension's system key or the master key; without, a call from this machine that is
            no web page's will do.
    """

    def __init__(self, control: HostControl, keys: KeyStore, *, enforce_keys: bool) -> None:
        self._control = control
        self._keys = keys
        self._enforce_keys = enforce_keys

    async def answer(self, scope: Scope, receive: Receive, extension: str, rest: tuple[str, ...]) -> Reply:
        """Return the reply to one call.

        A caller without a right to know does not learn which extensions there are.

        Args:
            extension: in lower case.
            rest: decoded segments behind it.
        """
        if scope["method"] not in VERBS:
            return empty(404)
        status = await self._access(scope, extension)
        if status != ALLOWED:
            return empty(status)
        if self._control.state in _STARTING:
            await self._control.wait_until_running(START_TIMEOUT)
        if self._control.app is None:
            return empty(503)
        webhook = await self._control.webhook(extension)
        if webhook is None:
            return empty(404)
        try:
            body = await whole_body(scope, receive, BODY_LIMIT)
        except BodyTooLargeError:
            return empty(413)
        query = {name.lower(): value for name, value in decoded_query(scope["query_string"]).items()}
        query.pop("code", None)
        headers = decoded_headers(scope["headers"])
        return _reply(await webhook(WebhookRequest(scope["method"], rest, query, headers, body)))

    async def _access(self, scope: Scope, extension: str) -> int:
        """Return ALLOWED, or the status to refuse with."""
        if await admin_access(scope, self._keys, enforce_keys=self._enforce_keys) == ALLOWED:
            return ALLOWED
        if extension in self._control.webhook_names:
            await self._keys.ensure_system(system_key(extension))
        key = presented_key(scope)
        if key is None:
            return 401
        if await self._keys.proves_system(key, system_key(extension)):
            return ALLOWED
        return await admin_access(scope, self._keys, enforce_keys=True)


def _reply(answer: WebhookReply) -> Reply:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    return Reply(answer.status, headers, answer.body)
