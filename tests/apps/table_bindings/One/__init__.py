def main(req, book) -> str:
    return "nothing" if book is None else type(book).__name__ + " " + book
