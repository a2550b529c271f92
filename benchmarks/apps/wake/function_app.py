import os
import socket
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
listener = ("127.0.0.1", int(os.environ["BENCH_LISTENER"]))
teller = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def tell(now: int, sent: bytes) -> None:
    teller.sendto(str(now - int(sent)).encode(), listener)


@app.route(route="text")
async def text(req: func.HttpRequest) -> str:
    return "Hello, world!"


@app.route(route="put")
@app.queue_output(arg_name="item", queue_name="items", connection="AzureWebJobsStorage")
async def put(req: func.HttpRequest, item: func.Out[str]) -> str:
    item.set(str(time.monotonic_ns()))
    return "put"


@app.queue_trigger(arg_name="message", queue_name="items", connection="AzureWebJobsStorage")
async def on_item(message: func.QueueMessage) -> None:
    now = time.monotonic_ns()
    tell(now, message.get_body())


@app.route(route="store/{name}")
@app.blob_output(arg_name="blob", path="items/{name}", connection="AzureWebJobsStorage")
async def store(req: func.HttpRequest, blob: func.Out[str]) -> str:
    blob.set(str(time.monotonic_ns()))
    return "stored"


@app.blob_trigger(arg_name="blob", path="items/{name}", connection="AzureWebJobsStorage")
async def on_blob(blob: func.InputStream) -> None:
    now = time.monotonic_ns()
    tell(now, blob.read())
