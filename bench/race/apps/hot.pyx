# hot: the same three functions in Cython.
include "shift.pxi"

# The line that an edit changes.
cdef long VALUE = 1000


def value():
    return VALUE + SHIFT


def add(long a, long b):
    return a + b


def total(list numbers):
    cdef double sum = 0
    for one in numbers:
        sum += one
    return sum
