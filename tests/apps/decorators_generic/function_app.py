import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.function_name("Generic")
@app.generic_trigger(arg_name="req", type="httpTrigger", route="generic/{id}", methods=["get"])
@app.generic_output_binding(arg_name="$return", type="http")
def generic(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"generic {req.route_params['id']}", status_code=203)


@app.generic_trigger(arg_name="req", type="httpTrigger", auth_level="anonymous")
@app.generic_output_binding(arg_name="res", type="http")
def with_out(req: func.HttpRequest, res: func.Out[str]) -> None:
    res.set("set on an out parameter")
