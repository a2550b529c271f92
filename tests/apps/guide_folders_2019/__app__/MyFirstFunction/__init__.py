from __app__.SharedCode import myFirstHelperFunction
from . import example


def main(req):  # added
    return f'{myFirstHelperFunction.greet("first")} {example.FOLDER}'  # added
