import logging


def main(req):
    logging.info("the standard library logs")
    return __name__
