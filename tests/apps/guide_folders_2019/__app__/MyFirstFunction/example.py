FOLDER = 'example of MyFirstFunction'  # added
