import json


def main(msg, current) -> str:
    return json.dumps([{"RowKey": "1", "book": json.loads(current)}, {"RowKey": "2", "ETag": "*"}])
