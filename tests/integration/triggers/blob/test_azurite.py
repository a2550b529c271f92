"""Blob functions on Azurite, which tells nobody what has changed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.accounts import Accounts
from funchost.storage.connections import resolve_connection
from funchost.testing import eventually
from tests.azurite import azurite
from tests.integration.triggers.blob.test_blob_functions import CODE, times
from tests.integration.triggers.noting_app import NotingApp

__all__ = ["azurite"]


async def no_development_storage() -> StorageAccount:
    raise AssertionError("a connection string leads to an account")


def put(connection: str, name: str, content: str) -> float:
    """Write a blob; returns when that was done."""

    async def work() -> None:
        accounts = Accounts(no_development_storage)
        try:
            names = SettingNames({"AzureWebJobsStorage": connection})
            account = await accounts.account(resolve_connection(names, None))
            await account.blobs.create_container("samples")
            await account.blobs.put("samples", name, content.encode())
        finally:
            await accounts.close()

    asyncio.run(work())
    return time.time()


def test_each_version_runs_once_soon_after_it_was_written(tmp_path: Path, azurite: str) -> None:
    app = NotingApp(tmp_path, CODE)
    with app.start(env={"AzureWebJobsStorage": azurite}):
        put(azurite, "first", "1")
        eventually(lambda: len(times(app)) == 1)
        delays = []
        for number in range(2, 5):
            written = put(azurite, "first", str(number))
            eventually(lambda: len(times(app)) == number)  # noqa: B023 - called at once
            delays.append(app.notes("begin")[-1].time - written)
        print("seconds until the function began:", " ".join(f"{delay:.2f}" for delay in delays))
        assert set(times(app).values()) == {1}
