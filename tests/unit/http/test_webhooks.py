from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from funchost.app.webhook import WebhookReply, WebhookRequest
from funchost.http.control import HostState
from funchost.http.keys import SYSTEM_KEYS
from funchost.http.webhooks import BODY_LIMIT
from tests.unit.http.admin_site import AdminSite


class Webhook:
    """Keeps its calls and answers 202."""

    def __init__(self) -> None:
        self.calls: list[WebhookRequest] = []

    async def __call__(self, request: WebhookRequest) -> WebhookReply:
        self.calls.append(request)
        return WebhookReply(202, b"ok", (("x-seen", "yes"),))


def site_with(root: Path, webhook: Webhook, *, enforce_keys: bool = False) -> AdminSite:
    site = AdminSite(root, enforce_keys=enforce_keys)
    site.control.webhooks["eventgrid"] = webhook
    return site


async def test_a_call_reaches_its_extension_without_the_key(tmp_path: Path) -> None:
    webhook = Webhook()
    site = site_with(tmp_path, webhook)
    got = await site.call("POST", "/runtime/webhooks/EventGrid/a/b%20c?functionName=F%201&Code=secret", {"id": 1})
    assert (got.status, got.body) == (202, b"ok")
    assert (b"x-seen", b"yes") in got.headers
    (call,) = webhook.calls
    assert (call.method, call.path, call.query) == ("POST", ("a", "b c"), {"functionname": "F 1"})
    assert json.loads(call.body) == {"id": 1}


async def test_the_extensions_own_key_or_the_master_key_opens(tmp_path: Path) -> None:
    webhook = Webhook()
    site = site_with(tmp_path, webhook, enforce_keys=True)
    assert (await site.call("POST", "/runtime/webhooks/eventgrid")).status == 401
    own = (await site.keys.keys(SYSTEM_KEYS))["eventgrid_extension"]
    master = (await site.keys.host_keys()).master
    other, _ = await site.keys.put(SYSTEM_KEYS, "blobs_extension", None)
    for key, status in ((own, 202), (master, 202), (other, 403), ("nonsense", 401)):
        assert (await site.call("POST", f"/runtime/webhooks/eventgrid?code={quote(key, safe='')}")).status == status
    assert len(webhook.calls) == 2


async def test_the_key_is_there_for_whoever_looks_for_it(tmp_path: Path) -> None:
    site = site_with(tmp_path, Webhook())
    got = await site.call("GET", "/admin/host/systemkeys/eventgrid_extension")
    assert got.status == 200
    assert (await site.keys.keys(SYSTEM_KEYS)).keys() == {"eventgrid_extension"}


async def test_verbs_and_extensions_that_do_not_exist_are_not_found(tmp_path: Path) -> None:
    site = site_with(tmp_path, Webhook())
    assert (await site.call("PATCH", "/runtime/webhooks/eventgrid")).status == 404
    assert (await site.call("POST", "/runtime/webhooks/nothing")).status == 404


async def test_a_body_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    webhook = Webhook()
    got = await site_with(tmp_path, webhook).call("POST", "/runtime/webhooks/eventgrid", body=b"x" * (BODY_LIMIT + 1))
    assert (got.status, webhook.calls) == (413, [])


async def test_a_call_waits_for_a_host_that_starts(tmp_path: Path) -> None:
    webhook = Webhook()
    site = site_with(tmp_path, webhook)
    site.control.state = HostState.STARTING
    assert (await site.call("POST", "/runtime/webhooks/eventgrid")).status == 202
    assert site.control.waited


async def test_without_any_version_of_the_app_the_sender_shall_try_again(tmp_path: Path) -> None:
    site = site_with(tmp_path, Webhook())
    site.control.app = None
    assert (await site.call("POST", "/runtime/webhooks/eventgrid")).status == 503
