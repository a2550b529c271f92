"""The async client of the Python SDK, many calls at once."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError
from azure.data.tables.aio import TableClient, TableServiceClient

from tests.integration.storage.server.front_fixture import ServedStore


def test_conditional_updates_that_compete_lose_nothing(served_store: ServedStore) -> None:
    async def count_up(table: TableClient, times: int) -> None:
        for _ in range(times):
            while True:
                found = await table.get_entity("p", "counter")
                found["n"] += 1
                try:
                    await table.update_entity(found, match_condition=MatchConditions.IfNotModified)
                except ResourceModifiedError:
                    continue
                break

    async def run() -> int:
        async with TableServiceClient.from_connection_string(served_store.connection_string()) as service:
            table = await service.create_table(f"t{uuid4().hex}")
            await table.create_entity({"PartitionKey": "p", "RowKey": "counter", "n": 0})
            await asyncio.gather(*(count_up(table, 10) for _ in range(5)))
            return int((await table.get_entity("p", "counter"))["n"])

    assert asyncio.run(run()) == 50


def test_the_async_client_lists_queries_and_submits(served_store: ServedStore) -> None:
    async def run() -> tuple[list[str], list[str]]:
        async with TableServiceClient.from_connection_string(served_store.connection_string()) as service:
            table = await service.create_table(f"t{uuid4().hex}")
            await table.submit_transaction(
                [("create", {"PartitionKey": "p", "RowKey": str(number), "n": number}) for number in range(9)]
            )
            listed = [item["RowKey"] async for item in table.list_entities(results_per_page=2)]
            queried = [item["RowKey"] async for item in table.query_entities("n ge 7")]
            await service.delete_table(table.table_name)
            return listed, queried

    assert asyncio.run(run()) == (list("012345678"), ["7", "8"])
