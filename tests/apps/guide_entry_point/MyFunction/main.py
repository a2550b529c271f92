def customentry(req):  # added
    return 'customentry in main.py'  # added
