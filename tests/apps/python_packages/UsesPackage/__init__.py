import a_vendored_package


def main(req):
    return a_vendored_package.GREETING
