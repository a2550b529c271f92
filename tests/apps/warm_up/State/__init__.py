from __app__.WarmUp import runs


def main(req):
    return f"{len(runs)} warm-up"
