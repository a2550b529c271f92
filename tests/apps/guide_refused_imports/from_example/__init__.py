from example import some_helper_code


def main(req):  # added
    return some_helper_code()  # added
