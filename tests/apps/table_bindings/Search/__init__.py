import json


def main(req, shelf, found) -> str:
    return json.dumps([[book["RowKey"] for book in json.loads(books)] for books in (shelf, found)])
