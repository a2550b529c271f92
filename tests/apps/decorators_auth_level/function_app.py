import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="of_the_app")
def of_the_app(req):
    return "function level"


@app.route(route="open", auth_level=func.AuthLevel.ANONYMOUS)
def open_to_all(req):
    return "anonymous level"


@app.route(route="internal", auth_level="admin")
def closed(req):
    return "admin level"
