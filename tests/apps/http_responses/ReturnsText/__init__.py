def main(req) -> str:
    return req.params["text"]
