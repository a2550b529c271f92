"""Packages of small function apps."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

HELLO = """
import os
import time

import azure.functions as func

def main(req: func.HttpRequest) -> str:
    while not os.path.exists(req.params.get("until", "/")):
        time.sleep(0.02)
    return "{answer} " + req.params.get("name", "nobody")
"""

DECORATED = """
import azure.functions as func

app = func.FunctionApp()

@app.route(route="hello", auth_level=func.AuthLevel.FUNCTION)
def hello(req: func.HttpRequest) -> str:
    return "Hello " + req.params.get("name", "nobody")
"""

FUNCTION = {
    "scriptFile": "__init__.py",
    "bindings": [
        {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"},
        {"type": "http", "direction": "out", "name": "$return"},
    ],
}


def package(files: Mapping[str, str]) -> bytes:
    """Return a zip of the files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def hello_package(answer: str = "Hello") -> bytes:
    """Return an app that runs without packages of others: GET /api/hello?name=x&until=/a/file that it waits for."""
    return package(
        {
            "host.json": '{"version": "2.0"}',
            "hello/function.json": json.dumps(FUNCTION),
            "hello/__init__.py": HELLO.format(answer=answer),
        }
    )


def decorated_package(requirements: str = "azure-functions") -> bytes:
    """Return an app that needs a build."""
    return package(
        {"host.json": '{"version": "2.0"}', "function_app.py": DECORATED, "requirements.txt": requirements + "\n"}
    )
