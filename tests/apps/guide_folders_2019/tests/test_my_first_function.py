from __app__.MyFirstFunction import main  # added


def test_main():  # added
    assert main(None) == 'shared code greets first example of MyFirstFunction'  # added
