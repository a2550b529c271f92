FOLDER = 'example of my_first_function'  # added
