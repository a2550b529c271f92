def main(req):
    return "nobody takes this"
