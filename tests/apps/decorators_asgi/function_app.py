import json

import azure.functions as func

started = []


async def web(scope, receive, send):
    """A hand-written ASGI application."""
    if scope["type"] == "lifespan":
        await receive()
        started.append("startup")
        await send({"type": "lifespan.startup.complete"})
        return
    message = await receive()
    answer = {
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode(),
        "body": message.get("body", b"").decode(),
        "function": scope["azure_functions.function_name"],
        "started": started,
    }
    await send({"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


app = func.AsgiFunctionApp(app=web, http_auth_level=func.AuthLevel.ANONYMOUS)
