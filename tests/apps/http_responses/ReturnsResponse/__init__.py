import azure.functions as func


def main(req: func.HttpRequest) -> func.HttpResponse:
    case = req.params["case"]
    if case == "empty":
        return func.HttpResponse()
    if case == "bytes":
        return func.HttpResponse(b"\x00\xff", mimetype="image/x-test")
    if case == "charset":
        return func.HttpResponse("é", charset="latin-1")
    if case == "status":
        return func.HttpResponse("short and stout", status_code=418)
    if case == "no content":
        return func.HttpResponse(status_code=204)
    if case == "headers":
        return func.HttpResponse("x", headers={"X-One": "1", "Location": "/elsewhere", "X-Taken": "from the function"},
                                 status_code=302)
    if case == "json":
        return func.HttpResponse('{"a":  1}', mimetype="application/json")
    if case == "cookies":
        response = func.HttpResponse("x")
        response.headers.add("Set-Cookie", "foo=bar")
        response.headers.add("Set-Cookie", "id=42; Domain=example.com; Expires=Thu, 12 Jan 2017 13:55:08 GMT; "
                                           "Path=/; Max-Age=10000000; Secure; HttpOnly; SameSite=Lax")
        return response
    raise LookupError(case)
