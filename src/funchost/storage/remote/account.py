"""Opens a storage account that is reached over HTTP."""

from __future__ import annotations

from urllib.request import getproxies, proxy_bypass

import aiohttp

from funchost.storage.account import StorageAccount
from funchost.storage.connections import Connection
from funchost.storage.credentials import Identity
from funchost.storage.endpoints import Service, is_emulator
from funchost.storage.remote.authorization import authorization_for
from funchost.storage.remote.blobs import RemoteBlobs
from funchost.storage.remote.identity import IdentityTokens, open_tokens
from funchost.storage.remote.proxy import proxy_for
from funchost.storage.remote.queues import RemoteQueues
from funchost.storage.remote.service import Limits, ServiceClient
from funchost.storage.remote.tables import RemoteTables

VERSION = "2021-12-02"
"""Of the blob and queue protocols: old enough for every emulator, new enough for what is used here."""

TABLE_VERSION = "2020-12-06"
"""The newest of the table service, which is the oldest that takes tokens."""

DEFAULT_LIMITS = Limits()
MAX_CONNECTIONS = 128
CLOUD_IDLE_SECONDS = 30.0
EMULATOR_IDLE_SECONDS = 4.0
"""Connections are given up before the server does that: Node.js, under Azurite, closes them after 5 s."""


def open_remote_account(
    connection: Connection, tokens: IdentityTokens | None = None, limits: Limits = DEFAULT_LIMITS
) -> StorageAccount:
    """Return an account over HTTP; nothing is sent yet. Runs inside the event loop.

    Args:
        tokens: for an Identity, in place of those of azure-identity; closed with the account.
        limits: on the time of each attempt.

    Raises:
        SettingError: the connection is identity-based and azure-identity is not installed.
    """
    identity = connection.credential
    if tokens is None and isinstance(identity, Identity):
        tokens = open_tokens(identity, connection.setting)
    emulator = any(is_emulator(url) for url in connection.endpoints if url)
    session = _session(EMULATOR_IDLE_SECONDS if emulator else CLOUD_IDLE_SECONDS)

    def client(service: Service, url: str, version: str) -> ServiceClient:
        bearer = tokens.bearer if tokens is not None else None
        authorization = authorization_for(connection.credential, service, url, bearer)
        proxy = proxy_for(url, getproxies(), proxy_bypass)
        return ServiceClient(session, url, authorization, version, connection.setting, limits, proxy)

    async def close() -> None:
        await session.close()
        if tokens is not None:
            await tokens.close()

    return StorageAccount(
        name=connection.account,
        blobs=RemoteBlobs(client("blob", connection.endpoints.blob, VERSION)),
        queues=RemoteQueues(client("queue", connection.endpoints.queue, VERSION)),
        tables=RemoteTables(client("table", connection.endpoints.table, TABLE_VERSION)),
        embedded=False,
        emulator=emulator,
        close=close,
    )


def _session(idle_seconds: float) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=idle_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    )
    # aiohttp would send PUT, GET and DELETE once more by itself when a kept connection turns out to be closed; a
    # conditional write or the receipt of a message must not happen twice (test_outages.py holds this).
    session._retry_connection = False
    return session
