import example


def main(req):  # added
    return example.some_helper_code()  # added
