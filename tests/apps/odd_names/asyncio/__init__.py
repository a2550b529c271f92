import asyncio


async def main(req):
    await asyncio.sleep(0)
    return __name__
