import hashlib
import logging
import os

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="hello")
async def hello(req: func.HttpRequest) -> str:
    name = req.params.get("name", "world")
    logging.info("Greeting %s", name)
    return f"{os.environ['GREETING']}, {name}!"


@app.route(route="orders/{number:int}", methods=["POST"])
def take_order(req: func.HttpRequest) -> func.HttpResponse:
    try:
        quantity = int(req.get_json()["quantity"])
    except (ValueError, KeyError, TypeError):
        return func.HttpResponse('Send JSON such as {"quantity": 3}.', status_code=400)
    number = req.route_params["number"]
    return func.HttpResponse(f"Order {number}: {quantity} pieces.", status_code=201)


@app.route(route="digest", methods=["POST"])
def digest(req: func.HttpRequest) -> str:
    body = req.get_body()
    return f"{len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}"
