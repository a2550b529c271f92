from __app__.my_second_function import main  # added


def test_main():  # added
    assert main(None) == 'shared code greets second; 1 load'  # added
