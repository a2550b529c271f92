def main(req):
    return 1 / 0
