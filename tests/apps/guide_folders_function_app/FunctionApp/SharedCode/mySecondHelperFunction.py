from __app__.SharedCode.myFirstHelperFunction import greet  # added
