"""Queue functions on an emulator that is reached over HTTP."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from funchost.settings import SettingNames
from funchost.storage.connections import resolve_connection
from funchost.storage.queues import QueueStore
from funchost.storage.remote.account import open_remote_account
from funchost.testing import eventually
from tests.integration.triggers.queue_app import QueueApp

T = TypeVar("T")


def in_queues(connection_string: str, work: Callable[[QueueStore], Awaitable[T]]) -> T:
    async def opened() -> T:
        account = open_remote_account(resolve_connection(SettingNames({"Storage": connection_string}), None))
        try:
            return await work(account.queues)
        finally:
            await account.close()

    return asyncio.run(opened())


def test_messages_run_fail_and_are_moved_on_azurite_as_on_our_own_store(tmp_path: Path, azurite: str) -> None:
    code_queue = "azurite-orders"
    app = QueueApp(tmp_path, {"maxPollingInterval": "00:00:01"})
    file = tmp_path / "function_app.py"
    file.write_text(file.read_text().replace('"orders"', f'"{code_queue}"'))
    texts = ["bad", *(f"message {number}" for number in range(60))]

    async def put(queues: QueueStore) -> None:
        await queues.create(code_queue)
        for text in texts:
            await queues.put(code_queue, base64.b64encode(text.encode()).decode())

    in_queues(azurite, put)
    with app.start(env={"AzureWebJobsStorage": azurite}):
        eventually(lambda: len(app.notes()) == 60, 60)
        assert set(app.times().values()) == {1}
        eventually(lambda: app.times("begin")["bad"] == 5)

        async def poisoned(queues: QueueStore) -> list[str]:
            if f"{code_queue}-poison" not in await queues.list_queues():
                return []
            return [message.text for message in await queues.peek(f"{code_queue}-poison", 32)]

        eventually(lambda: in_queues(azurite, poisoned) == [base64.b64encode(b"bad").decode()])
        eventually(lambda: in_queues(azurite, lambda q: q.properties(code_queue)).approximate_count == 0)
