import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="text")
async def text(req: func.HttpRequest) -> str:
    return "Hello, world!"


@app.route(route="text-sync")
def text_sync(req: func.HttpRequest) -> str:
    return "Hello, world!"


@app.route(route="size", methods=["POST"])
def size(req: func.HttpRequest) -> str:
    return str(len(req.get_body()))
