def main(req, obj=None) -> str:
    return "NoSuchName"
