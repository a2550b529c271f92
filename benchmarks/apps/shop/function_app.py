import azure.functions as func
import mark

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="mark")
def version(req: func.HttpRequest) -> str:
    return mark.MARK


@app.route(route="fetch")
def fetch(req: func.HttpRequest) -> str:
    import requests

    return requests.__version__
