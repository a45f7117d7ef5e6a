"""Uses every kind of function and value of tests/plain/kinds.c as a user's
code would, for type checkers."""
import array

import numpy

import kinds
from kinds import ANSWER, mean

numbers = array.array("d", [1.0, 2.0, 3.0])
grid = numpy.zeros((2, 3), dtype=numpy.int32)

flag: bool = kinds.same_bool(True)
total: int = kinds.same_i64(ANSWER) + kinds.LIMIT + kinds.DEEP
ratio: float = kinds.same_double(kinds.RATE) * kinds.HALF
middle: float = mean(numbers) + mean(x=numpy.ones(3)) + mean(b"12345678")
product: float = kinds.dot(numbers, memoryview(numbers))
corner: int = kinds.at(grid, 1, column=2)
name: str = kinds.NAME + kinds.WORD
text = kinds.same_text(name)
length = 0 if text is None else len(text.upper())
kinds.scale(numbers, by=2.0)
kinds.fill(bytearray(4))
counted: int = kinds.count_bytes("text") + kinds.count_bytes(b"bytes")
rest: int = kinds.subtract(3, amount=2) + kinds.subtract(from_=3, amount=2)
