"""cowbird: native code in Python web apps, changed as easily as Python.

The program is written in C; this package carries what it needs to get into
the app's Python.
"""
