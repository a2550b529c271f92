"""The query language of the Table service: parse a filter once, evaluate it, and find the keys it can select."""
