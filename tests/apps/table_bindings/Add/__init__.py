import json

import azure.functions as func


def main(req: func.HttpRequest, books: func.Out[str], log: func.Out[str]) -> str:
    books.set(req.get_body().decode())
    log.set(json.dumps({"shelf": req.route_params["shelf"], "length": len(req.get_body())}))
    return "added"
