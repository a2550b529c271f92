import os


def main(req):
    return str(os.getpid())
