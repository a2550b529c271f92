"""Answers with what arrived, as JSON."""

import hashlib
import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def as_json(value):
    return func.HttpResponse(json.dumps(value), mimetype="application/json")


@app.route(route="echo/{first?}/{second?}")
def echo(req: func.HttpRequest):
    return as_json({
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route_params": dict(req.route_params),
        "body": req.get_body().decode("latin-1"),
        "body_type": type(req.get_body()).__name__,
    })


@app.route(route="json", methods=["POST"])
def read_json(req: func.HttpRequest):
    try:
        return as_json({"json": req.get_json()})
    except ValueError as error:
        return as_json({"ValueError": str(error)})


@app.route(route="form", methods=["POST"])
def form(req: func.HttpRequest):
    return as_json({
        "form": [[key, req.form.getlist(key)] for key in req.form],
        "files": [
            [name, file.filename, file.content_type, file.read().decode("latin-1")] for name, file in req.files.items()
        ],
    })


@app.route(route="digest", methods=["POST", "PUT"])
def digest(req: func.HttpRequest):
    body = req.get_body()
    return as_json({"size": len(body), "sha256": hashlib.sha256(body).hexdigest()})


@app.route(route="bytes/{size:int}")
def bytes_of_size(req: func.HttpRequest):
    size = int(req.route_params["size"])
    return func.HttpResponse((b"0123456789abcdef" * (size // 16 + 1))[:size], mimetype="application/octet-stream")
