from __app__.SharedCode import mySecondHelperFunction  # added


def main(req):  # added
    return mySecondHelperFunction.greet('second')  # added
