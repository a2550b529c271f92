from __app__.shared_code import my_first_helper_function
from __app__.shared_code import my_second_helper_function  # added


def main(req):  # added
    return f'{my_first_helper_function.greet("second")}; {my_second_helper_function.load_count()}'  # added
