"""hot: the same three functions in Python."""
import shift


def value():
    VALUE = 1000
    return VALUE + shift.shift()


def add(a, b):
    return a + b


def total(numbers):
    return sum(numbers)
