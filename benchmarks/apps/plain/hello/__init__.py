def main(req):
    return "Hello, world!"
