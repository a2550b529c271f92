def main(req):
    return __name__
