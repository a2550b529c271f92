MARK = "first"
