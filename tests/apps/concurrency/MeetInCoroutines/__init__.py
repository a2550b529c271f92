import asyncio
import threading

arrived = []


async def main(req):
    loop = asyncio.get_event_loop()
    if not arrived:
        arrived.append(loop.create_future())
        await asyncio.wait_for(arrived[0], float(req.params["seconds"]))
    else:
        arrived.pop().set_result(None)
    return "met in " + threading.current_thread().name
