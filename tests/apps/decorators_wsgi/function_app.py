import json

import azure.functions as func


def web(environ, start_response):
    """A hand-written WSGI application."""
    if environ["PATH_INFO"] == "/fails":
        raise RuntimeError("the WSGI application fails")
    answer = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "body": environ["wsgi.input"].read().decode(),
        "function": environ["azure_functions.function_name"],
    }
    start_response("201 Created", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


app = func.WsgiFunctionApp(app=web, http_auth_level=func.AuthLevel.ANONYMOUS)
