import azure.functions as func


def main(req: func.HttpRequest, res: func.Out[func.HttpResponse]) -> None:
    if "text" in req.params:
        res.set(req.params["text"])
    elif "status" in req.params:
        res.set(func.HttpResponse("from an out parameter", status_code=int(req.params["status"])))
