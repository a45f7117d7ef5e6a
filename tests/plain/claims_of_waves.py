"""What the module of waves.c must do; claims.py says how it is run."""
import array
import inspect
import math
import struct
import sys

import waves as m
from hostile import Bad, Index, raises


class Complex:
    def __init__(self, answer):
        self.answer = answer

    def __complex__(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def values():
    for f in (m.same, m.same_float, m.same_long):
        assert f(1.5 - 2j) == 1.5 - 2j and type(f(1)) is complex
        assert f(True) == 1 and f(2.5) == 2.5 and f(Index()) == 5
        assert f(Complex(3j)) == 3j and f(-1) == -1
        z = f(complex(math.inf, -0.0))
        assert z.real == math.inf and math.copysign(1, z.imag) == -1
        assert math.isnan(f(complex(0, math.nan)).imag)
        here = "%s() argument 'z' " % f.__name__
        raises(TypeError, here + "must be a complex, not str: '1j'", f, "1j")
        raises(TypeError, here + "must be a complex, not NoneType", f, None)
        raises(TypeError, here + "must be a complex, not list", f, [])
        raises(OverflowError, here + "is more than 'double' holds", f,
               10 ** 400)
        raises(KeyError, "no index", f, Bad())
        raises(KeyError, "mine", f, Complex(KeyError("mine")))
        raises(TypeError, "", f, Complex("text"))
    raises(OverflowError, "same_float() argument 'z' is more than 'float "
           "_Complex' holds: 1e+39j", m.same_float, 1e39j)
    raises(OverflowError, "huge() returned a long double that is more than a "
           "float of Python holds", m.huge)
    assert m.same(sys.float_info.max * 1j) == sys.float_info.max * 1j
    assert m.size(3 + 4j) == 5.0


def calls():
    assert m.turn(1 + 1j) == -1 - 1j and m.turn(1j, by=1j) == -1
    assert str(inspect.signature(m.turn)) == "(z, by=-1.0)"


def buffers():
    z, first = m.circle(3)
    assert first == 2j and z.format == "Zd" and z.itemsize == 16
    assert struct.unpack("6d", z) == (0, 1, 1, 1, 2, 1)
    m.scale(z, 2j)
    assert struct.unpack("6d", z) == (-2, 0, -2, 2, -2, 4)
    raises(TypeError, "scale() argument 'z' has items of format 'd' (8 "
           "bytes), not of type double _Complex", m.scale,
           array.array("d", [1]), 1)
    raises(ValueError, "cannot be", m.circle, -1)


for claim in (values, calls, buffers):
    claim()
