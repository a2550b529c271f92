"""Each function answers with its own name and its route values."""

import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def answer(name, req):
    return func.HttpResponse(json.dumps([name, dict(req.route_params)]), mimetype="application/json")


@app.route(route="items/{id}")
def any_item(req):
    return answer("any_item", req)


@app.route(route="items/{id:int}")
def numbered_item(req):
    return answer("numbered_item", req)


@app.route(route="items/recent")
def recent_items(req):
    return answer("recent_items", req)


@app.route(route="products/{category:alpha}/{id:int?}")
def product(req):
    return answer("product", req)


@app.route(route="page/{number:range(1,9)=1}")
def page(req):
    return answer("page", req)


@app.route(route="files/{*path}")
def files(req):
    return answer("files", req)


@app.route(route="names/{name}.{extension?}")
def names(req):
    return answer("names", req)


@app.route(route="codes/{code:regex(^\\d{{3}}$)}")
def three_digits(req):
    return answer("three_digits", req)


@app.route(route="things", methods=["GET"])
def get_things(req):
    return answer("get_things", req)


@app.route(route="things", methods=["POST", "PUT"])
def change_things(req):
    return answer("change_things", req)


@app.function_name("DefaultRoute")
@app.route()
def has_another_python_name(req):
    return answer("DefaultRoute", req)
