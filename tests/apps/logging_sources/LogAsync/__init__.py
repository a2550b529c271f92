import asyncio
import logging


async def child(number):
    logging.info("task %d", number)


async def main(req, context):
    for number in range(20):
        logging.info("ordered %02d", number)
    await asyncio.gather(child(1), child(2))
    await asyncio.get_event_loop().run_in_executor(None, logging.info, "default executor")
    return context.invocation_id
