def main(req, obj=None) -> str:
    return "NoPath"
