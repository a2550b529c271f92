import asyncio

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
SECONDS = 0.2


@app.route(route="slow")
async def slow(req: func.HttpRequest) -> str:
    await asyncio.sleep(SECONDS)
    return "done"


@app.queue_trigger(arg_name="message", queue_name="backlog", connection="AzureWebJobsStorage")
async def take(message: func.QueueMessage) -> None:
    await asyncio.sleep(SECONDS)
