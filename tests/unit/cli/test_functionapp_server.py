"""The connection of the commands about function apps."""

from __future__ import annotations

import asyncio

import pytest

from funchost.cli.functionapp_server import ServerArguments, connected
from funchost.deploy.client.credentials import Bearer
from funchost.deploy.client.server_choice import ManagementServer
from funchost.errors import ServerUnreachableError


@pytest.mark.parametrize(
    ("others", "hint"),
    [
        ((), "Is it running?"),
        (("http://a:1", "http://b:2"), "Is it running? Known to this user too: http://a:1, http://b:2."),
    ],
)
def test_where_the_server_is_not_reached_the_others_are_named(others: tuple[str, ...], hint: str) -> None:
    server = ManagementServer("http://127.0.0.1:7070", Bearer("t"), others=others)

    async def use() -> None:
        async with connected(server, ServerArguments()):
            raise ServerUnreachableError("Gone.", hint="Is it running?")

    with pytest.raises(ServerUnreachableError) as caught:
        asyncio.run(use())
    assert caught.value.hint == hint
