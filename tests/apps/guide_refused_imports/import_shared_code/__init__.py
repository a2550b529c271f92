import shared_code


def main(req):  # added
    return f'found {shared_code.__name__}'  # added
