"""Code that several functions use."""  # added
