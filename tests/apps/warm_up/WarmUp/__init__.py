runs = []


def main(context) -> None:
    runs.append("warm")
