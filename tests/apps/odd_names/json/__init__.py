import json


def main(req):
    return json.dumps({"module": __name__})
