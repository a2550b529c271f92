import asyncio
import contextvars

tenant = contextvars.ContextVar("tenant", default="nobody")


async def main(req):
    tenant.set(req.params["tenant"])
    loop = asyncio.get_event_loop()
    await asyncio.sleep(0)
    return await loop.run_in_executor(None, tenant.get)
