from . import neighbour


def main(req):
    return neighbour.NAME
