import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route()
def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"Hello {req.params.get('name', 'nobody')}")


@app.function_name("Renamed")
@app.route(route="other/{id}", methods=["GET", "POST"])
async def some_coroutine(req: func.HttpRequest, context: func.Context) -> str:
    return json.dumps([context.function_name, context.function_directory, req.method, req.route_params["id"]])


@app.route(route="out", binding_arg_name="res")
def out(req: func.HttpRequest, res: func.Out[func.HttpResponse]) -> None:
    res.set(func.HttpResponse("from an out parameter", status_code=202))


@app.route(route="nothing")
def nothing(req: func.HttpRequest):
    pass
