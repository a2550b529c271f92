def some_helper_code():  # added
    return 'local helper'  # added
