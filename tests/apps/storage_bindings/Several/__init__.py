import json

import azure.functions as func


def main(req: func.HttpRequest, draft: str, stamp: bytes, invoice: func.Out[str], copy: func.Out[bytes],
         todo: func.Out[str], unset: func.Out[str]) -> str:
    invoice.set("Grüße " + str(draft))
    copy.set(b"\x00" + (stamp or b""))
    todo.set({"id": req.route_params["id"]})
    if req.params.get("fail"):
        raise ValueError("after the outputs were set")
    return json.dumps({"draft": draft, "stamp": None if stamp is None else stamp.decode()})
