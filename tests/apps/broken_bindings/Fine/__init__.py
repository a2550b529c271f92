def main(req) -> str:
    return "Fine"
