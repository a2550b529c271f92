import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
runs = []


@app.warm_up_trigger("warmup")
def warm(warmup) -> None:
    runs.append("warm")


@app.route(route="state")
def state(req):
    return f"{len(runs)} warm-up"
