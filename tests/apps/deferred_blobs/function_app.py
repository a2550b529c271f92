import json

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route("client/{*name}")
@app.blob_input("client", path="samples/{name}", connection="AzureWebJobsStorage")
def client(req: func.HttpRequest, client: blob.BlobClient) -> str:
    properties = client.get_blob_properties()
    return json.dumps({"container": client.container_name, "name": client.blob_name, "size": properties.size,
                       "content": client.download_blob().readall().decode()})


@app.route("container/{*name}")
@app.blob_input("client", path="samples/{name}", connection="AzureWebJobsStorage")
async def container(req: func.HttpRequest, client: blob.ContainerClient) -> str:
    return json.dumps([found.name for found in client.list_blobs()])


@app.route("stream/{*name}")
@app.blob_input("stream", path="samples/{name}", connection="AzureWebJobsStorage")
def stream(req: func.HttpRequest, stream: blob.StorageStreamDownloader) -> str:
    return json.dumps({"size": sum(len(chunk) for chunk in stream.chunks())})


@app.route("beside/{*name}")
@app.blob_input("client", path="samples/{name}", connection="AzureWebJobsStorage")
@app.blob_input("plain", path="samples/{name}", connection="AzureWebJobsStorage")
@app.blob_output("out", path="copies/{name}", connection="AzureWebJobsStorage")
def beside(req: func.HttpRequest, client: blob.BlobClient, plain: bytes, out: func.Out[bytes]) -> str:
    out.set(plain)
    return json.dumps({"same": client.download_blob().readall() == plain})
