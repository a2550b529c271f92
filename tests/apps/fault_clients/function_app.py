import asyncio
import hashlib
import logging
import sys

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

LINE = "x" * 1000
uploads = []


@app.route(route="innocent")
async def innocent(req: func.HttpRequest) -> str:
    return "fine"


@app.route(route="upload", methods=["POST"])
async def upload(req: func.HttpRequest) -> str:
    body = req.get_body()
    uploads.append(len(body))
    return f"{len(body)} {hashlib.sha256(body).hexdigest()}"


@app.route(route="uploads")
async def show_uploads(req: func.HttpRequest) -> str:
    return ",".join(str(size) for size in uploads)


@app.route(route="download/{size:long}")
async def download(req: func.HttpRequest) -> func.HttpResponse:
    size = int(req.route_params["size"])
    return func.HttpResponse(b"0123456789abcdef" * (size // 16), mimetype="application/octet-stream")


@app.route(route="late/{number:int}")
async def late(req: func.HttpRequest) -> str:
    """Answers later requests sooner."""
    number = int(req.route_params["number"])
    await asyncio.sleep(0.2 / (number + 1))
    return f"answer {number}"


@app.route(route="chatter/{kilobytes:int}")
async def chatter(req: func.HttpRequest) -> str:
    for _ in range(int(req.route_params["kilobytes"])):
        logging.info(LINE)
    return "said"


@app.route(route="prints/{kilobytes:int}")
def prints(req: func.HttpRequest) -> str:
    for _ in range(int(req.route_params["kilobytes"])):
        sys.stdout.write(LINE + "\n")  # print writes the end of the line by itself, and other threads in between
    return "printed"
