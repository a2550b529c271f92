def greet(who):  # added
    return f'shared code greets {who}'  # added
