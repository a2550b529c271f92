from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from funchost.http.server import HttpServer
from tests.integration.http.serving import Client, connected
from tests.unit.http.admin_site import AdminSite, function_of


@asynccontextmanager
async def admin_client(site: AdminSite) -> AsyncIterator[Client]:
    server = HttpServer(site.api, "127.0.0.1", 0)
    server.bind()
    await server.start()
    try:
        async with connected(server) as client:
            yield client
    finally:
        await server.stop()


def call(host: str = "localhost", *headers: str, method: str = "POST", path: str = "/admin/functions/Q") -> bytes:
    body = b'{"input": "x"}' if method == "POST" else b""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", f"content-length: {len(body)}", *headers]
    return "\r\n".join((*lines, "", "")).encode() + body


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("localhost:7071", (), 202),
        ("127.0.0.1:7071", (), 202),
        ("[::1]:7071", (), 202),
        ("localhost", ("origin: http://localhost:3000",), 202),
        ("rebound.evil.example:7071", (), 403),
        ("localhost", ("origin: https://evil.example",), 403),
        ("localhost", ("sec-fetch-site: cross-site",), 403),
        ("", (), 403),
    ],
)
async def test_a_web_page_cannot_run_functions(
    tmp_path: Path, host: str, headers: tuple[str, ...], status: int
) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "Q", "queueTrigger"))
    async with admin_client(site) as client:
        await client.send(call(host, *headers))
        assert await client.answer() == (status, b"")
    assert len(site.control.invoked) == (1 if status == 202 else 0)


async def test_refused_calls_leave_the_connection_usable(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "Q", "queueTrigger"), enforce_keys=True)
    async with admin_client(site) as client:
        await client.send(call())
        assert await client.answer() == (401, b"")
        await client.send(call(method="GET", path="/admin/host/ping"))
        assert await client.answer() == (200, b"")


async def test_a_large_download_streams(tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(bytes(range(256)) * 20_000)
    async with admin_client(AdminSite(tmp_path)) as client:
        await client.send(call(method="GET", path="/admin/functions/download"))
        status, body = await client.answer()
    assert (status, body[:2]) == (200, b"PK")
