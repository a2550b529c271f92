from . import example #(explicit relative)
from ..shared_code import my_first_helper_function #(explicit relative)
from __app__ import shared_code #(absolute)
import __app__.shared_code #(absolute)


def main(req):  # added
    same = shared_code is __app__.shared_code  # added
    return f'{example.FOLDER}; {my_first_helper_function.greet("first")}; same package: {same}'  # added
