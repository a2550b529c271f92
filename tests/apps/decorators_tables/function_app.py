import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
STORAGE = "AzureWebJobsStorage"


@app.route("people/{id}", methods=["PUT"])
@app.table_output("person", STORAGE, "People", row_key="{id}", partition_key="all")
def save(req: func.HttpRequest, person: func.Out[str]) -> str:
    person.set(json.dumps({"ETag": "*", **req.get_json()}))
    return "saved"


@app.route("people/{id}", methods=["GET"])
@app.table_input("person", STORAGE, "People", row_key="{id}", partition_key="all")
async def load(req: func.HttpRequest, person: str) -> func.HttpResponse:
    return func.HttpResponse(person or "nobody", status_code=200 if person else 404)


@app.route("older/{age}")
@app.table_input("people", STORAGE, "People", filter="age gt {age}", take=3)
def older(req: func.HttpRequest, people: str) -> str:
    return people


@app.route("generic")
@app.generic_input_binding("people", type="table", table_name="People", connection=STORAGE)
@app.generic_output_binding("copies", type="table", table_name="Copies", connection=STORAGE)
def generic(req: func.HttpRequest, people: str, copies: func.Out[str]) -> str:
    copies.set(people)
    return str(len(json.loads(people)))


@app.route("broken")
@app.table_input("people", STORAGE, "not-a-name")
def broken(req: func.HttpRequest, people: str) -> str:
    return people
