from __future__ import annotations

import asyncio
from typing import Any

import pytest

from funchost.errors import FuncHostError
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.accounts import Accounts
from funchost.storage.connections import Connection, resolve_connection

NOTHING: Any = None


def connection(text: str) -> Connection:
    return resolve_connection(SettingNames({"AzureWebJobsStorage": text}), None)


DEVELOPMENT = connection("UseDevelopmentStorage=true")
SHOP = connection("AccountName=shop;AccountKey=a2V5")


class Development:
    """Opens an account that counts."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.failure: Exception | None = None

    async def __call__(self) -> StorageAccount:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.opened += 1
        return StorageAccount("devstoreaccount1", NOTHING, NOTHING, NOTHING, True, True, self._close)

    async def _close(self) -> None:
        self.closed += 1


def test_an_account_is_opened_once_however_many_ask_at_once() -> None:
    development = Development()

    async def scenario() -> None:
        accounts = Accounts(development)
        found = await asyncio.gather(*(accounts.account(DEVELOPMENT) for _ in range(5)))
        assert len({id(account) for account in found}) == 1
        shops = await asyncio.gather(*(accounts.account(SHOP) for _ in range(5)))
        assert len({id(account) for account in shops}) == 1
        assert (shops[0].name, shops[0].embedded, shops[0].emulator) == ("shop", False, False)
        await accounts.close()

    asyncio.run(scenario())
    assert (development.opened, development.closed) == (1, 1)


def test_an_account_that_could_not_be_opened_is_tried_again() -> None:
    development = Development()

    async def scenario() -> None:
        accounts = Accounts(development)
        development.failure = FuncHostError("the folder is locked")
        with pytest.raises(FuncHostError, match="locked"):
            await accounts.account(DEVELOPMENT)
        development.failure = None
        await accounts.account(DEVELOPMENT)
        await accounts.close()

    asyncio.run(scenario())
    assert development.opened == 1
