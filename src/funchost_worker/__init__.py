"""The language worker: runs a function app's code in the app's own interpreter, Python 3.6 to 3.14.

Standard library only. The host starts `__main__.py` by path; nothing here may import anything outside the
standard library, this package and what the app itself has installed.
"""
