import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="text")
async def text(req: func.HttpRequest) -> str:
    return "Hello, world!"


@app.route(route="orders/{number:int}")
def order(req: func.HttpRequest) -> str:
    return req.route_params["number"]


@app.route(route="orders", methods=["POST"])
def new_order(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), status_code=201)


@app.route(route="health")
async def health(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=204)


@app.route(route="files/{*path}")
def file(req: func.HttpRequest) -> str:
    return req.route_params["path"]
