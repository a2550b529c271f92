"""The asynchronous Python client of the queue service against the front."""

from __future__ import annotations

import asyncio

from azure.storage.queue.aio import QueueServiceClient

from tests.integration.storage.server.front_fixture import ServedStore


def test_the_asynchronous_client_does_the_same(served_store: ServedStore) -> None:
    async def use() -> list[str]:
        text = served_store.connection_string()
        async with QueueServiceClient.from_connection_string(text, retry_total=0) as service:
            queue = await service.create_queue("asynchronous", metadata={"Mixed": "Case"})
            await asyncio.gather(*(queue.send_message(f"m{number}") for number in range(20)))
            received = [message async for message in queue.receive_messages(messages_per_page=7, max_messages=20)]
            assert len(await queue.peek_messages()) == 0
            renewed = await queue.update_message(received[0], visibility_timeout=5, content="changed")
            await queue.delete_message(renewed.id, renewed.pop_receipt)
            for message in received[1:]:
                await queue.delete_message(message)
            properties = await queue.get_queue_properties()
            assert properties.metadata == {"Mixed": "Case"}
            assert properties.approximate_message_count == 0
            assert "asynchronous" in [found.name async for found in service.list_queues()]
            await queue.clear_messages()
            await queue.delete_queue()
            return sorted(message.content for message in received)

    assert asyncio.run(use()) == sorted(f"m{number}" for number in range(20))
