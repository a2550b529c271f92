import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, StreamingResponse

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="stream")
async def stream(req: Request) -> StreamingResponse:
    return StreamingResponse(iter(["never"]))
