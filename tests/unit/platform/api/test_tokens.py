"""Tokens by calls of our own."""

from __future__ import annotations

from pathlib import Path

from tests.unit.platform.api.fake_server import FakeServer

TOKENS = "/providers/Funchost/tokens"


async def test_a_token_is_made_listed_without_its_text_and_deleted(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    made = await server.manage("PUT", f"{TOKENS}/ci?api-version=2023-12-01")
    assert (made.status, made.document) == (201, {"name": "ci", "token": "token-of-ci"})
    listed = await server.manage("GET", TOKENS)
    assert b"token-of-ci" not in listed.body
    assert server.tokens.names == ["admin", "ci"]
    assert (await server.manage("DELETE", f"{TOKENS}/ci")).status == 204
    assert (await server.manage("DELETE", f"{TOKENS}/ci")).status == 404


async def test_the_last_token_stays(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    assert (await server.manage("DELETE", f"{TOKENS}/admin")).status == 409
    assert server.tokens.names == ["admin"]
