"""What the module of kinds.c must do, run as the app of a `cowbird run`. Ends
with 0 and no word when all of it holds."""
import array
import ctypes
import gc
import inspect
import math
import random
import sys
import threading

import kinds as m
from hostile import Bad, Index, raises


def integers():
    widths = [("i8", 8, True), ("u8", 8, False), ("i16", 16, True),
              ("u16", 16, False), ("i32", 32, True), ("u32", 32, False),
              ("i64", 64, True), ("u64", 64, False), ("ll", 64, True),
              ("ull", 64, False), ("size", 64, False)]
    for name, bits, is_signed in widths:
        f = getattr(m, "same_" + name)
        low = -2 ** (bits - 1) if is_signed else 0
        high = 2 ** (bits - is_signed) - 1
        for value in (low, high, 0, 1, True, Index(), high // 2):
            got = f(value)
            assert type(got) is int
            assert got == (5 if isinstance(value, Index) else value)
        here = "same_%s() argument 'x'" % name
        for value in (low - 1, high + 1):
            raises(OverflowError, "%s is %d, and '" % (here, value), f, value)
        raises(OverflowError, "' holds %d to %d" % (low, high), f, high + 1)
        raises(OverflowError, here + " is an int of ", f, 10 ** 5000)
        raises(OverflowError, here + " is an int of ", f, -10 ** 5000)
        raises(TypeError, here + " must be an int, not float: 1.0", f, 1.0)
        raises(TypeError, "not float: nan", f, math.nan)
        raises(TypeError, "not str: '1'", f, "1")
        raises(TypeError, "not NoneType: None", f, None)
        raises(TypeError, "not bytes: ", f, b"1")
        raises(KeyError, "no index", f, Bad())
    assert m.same_char(65) == 65 and type(m.same_char(65)) is int


def enums():
    assert m.color.__bases__[0].__name__ == "IntEnum"
    assert m.color.__doc__ == "Of a light."
    assert m.color.__module__ == "kinds"
    assert [(c.name, c.value) for c in m.color] == [
        ("RED", 0), ("GREEN", 5), ("BLUE", 6)]
    assert m.RED is m.color.RED and m.BLUE is m.color(6)
    for value in (m.GREEN, 5, Index()):
        assert m.same_color(value) is m.GREEN
    for value in (7, 2 ** 32 - 1):
        assert m.same_color(value) == value
        assert type(m.same_color(value)) is int
    raises(OverflowError, "same_color() argument 'x' is -1, and 'unsigned "
           "int' holds 0 to 4294967295", m.same_color, -1)
    raises(TypeError, "same_color() argument 'x' must be an int, not str",
           m.same_color, "RED")
    assert m.grow(1) is m.mood.WILD and m.grow(m.CALM) is m.WILD
    assert m.grow(-3) == -6 and type(m.grow(-3)) is int
    assert m.moods() == (m.WILD, m.BLUE)
    assert m.DEEP == -2 ** 63 and type(m.DEEP) is int


def truth():
    for value in (True, 1, [0], "x", 0.5, m):
        assert m.same_bool(value) is True
    for value in (False, 0, [], "", None, 0.0):
        assert m.same_bool(value) is False
    raises(KeyError, "no index", m.same_bool, Bad())


def floats():
    for f in (m.same_float, m.same_double, m.same_ldouble):
        assert f(1.5) == 1.5 and f(3) == 3.0 and f(True) == 1.0
        assert type(f(3)) is float
        assert f(math.inf) == math.inf and math.isnan(f(math.nan))
        assert f(Index()) == 5.0
        here = "%s() argument 'x' " % f.__name__
        raises(TypeError, here + "must be a float, not str: '1'", f, "1")
        raises(TypeError, here + "must be a float, not NoneType", f, None)
        raises(TypeError, here + "must be a float, not complex", f, 1j)
        raises(OverflowError, here + "is more than 'double' holds", f,
               10 ** 400)
        raises(KeyError, "no index", f, Bad())
    raises(OverflowError, "same_float() argument 'x' is more than 'float' "
           "holds: 1e+39", m.same_float, 1e39)
    assert m.same_double(sys.float_info.max) == sys.float_info.max


def text():
    for value in ("", "a", "w\xf6rd", "\u20ac", "\U0001f426", "x" * 100000):
        assert m.same_text(value) == value
    here = "same_text() argument 'text' "
    raises(ValueError, here + "has a NUL character: 'a\\x00b'", m.same_text,
           "a\0b")
    raises(ValueError, here + "has a lone surrogate", m.same_text, "\udc80")
    raises(TypeError, here + "must be a str, not bytes", m.same_text, b"a")
    raises(TypeError, here + "must be a str, not NoneType", m.same_text,
           None)
    raises(TypeError, here + "must be a str, not Bad: <", m.same_text, Bad())
    assert m.no_text() is None
    raises(ValueError, "bad_text() returned text that is not UTF-8: "
           "b'\\xff'", m.bad_text)
    assert m.count_bytes("a\xf6") == 300
    assert m.count_bytes(b"a\0b") == m.count_bytes("a\0b") == 301
    assert m.count_bytes(bytearray(5)) == 505
    raises(TypeError, "count_bytes() argument 'text' must be a str or a "
           "bytes-like object, not int: 3", m.count_bytes, 3)
    raises(ValueError, "lone surrogate", m.count_bytes, "\ud800")


def buffers():
    d = array.array("d", [1, 2, 3])
    assert m.mean(d) == m.mean(memoryview(d)) == m.mean(x=d) == 2.0
    assert m.mean(memoryview(bytes(d)).cast("d")) == 2.0
    assert m.mean((ctypes.c_double * 2)(1, 2)) == 1.5
    raises(ValueError, "no mean of 0 numbers", m.mean, array.array("d"))
    here = "mean() argument 'x' "
    raises(TypeError, here + "must be a buffer of double (array, numpy "
           "array, memoryview), not list: <list object>", m.mean, [1.0])
    raises(TypeError, here + "must be", m.mean, 1.0)
    raises(TypeError, here + "must be", m.mean, None)
    raises(TypeError, here + "has items of format 'f' (4 bytes), not of type "
           "double", m.mean, array.array("f", [1]))
    raises(TypeError, "format 'q'", m.mean, array.array("q", [1]))
    raises(TypeError, "format 'B'", m.mean, b"12345678")
    raises(BufferError, here + "is not C-contiguous", m.mean,
           memoryview(d)[::2])
    raises(BufferError, "does not lie aligned", m.mean,
           memoryview(bytes(25))[1:].cast("d"))
    assert m.scale(d, 2) is None and list(d) == [2, 4, 6]
    raises(BufferError, "scale() argument 'x' is read-only", m.scale,
           memoryview(bytes(d)).cast("d"), 2)
    raises(BufferError, "scale() argument 'x' is read-only", m.scale,
           b"12345678", 2)
    raises(TypeError, "scale() argument 'by' must be a float", m.scale, d, "")
    assert m.dot(d, d) == 56.0
    raises(ValueError, "dot() arguments 'x' and 'y' must have as many items: "
           "3 and 2", m.dot, d, d[:2])
    raises(TypeError, "argument 'y'", m.dot, d, None)
    assert m.few(b"abc") == 99 and m.few(b"") == -1
    raises(OverflowError, "few() argument 'data' has 256 items, and 'n' "
           "(unsigned char) holds at most 255", m.few, bytes(256))
    room = bytearray(3)
    assert m.fill(room) is None and room == b"xxx"
    raises(TypeError, "argument 'out'", m.fill, "abc")
    assert m.any_bytes(d) == 24 and m.any_bytes(b"") == 0
    raises(TypeError, "must be a buffer (bytes, array, memoryview)",
           m.any_bytes, "text")
    d.append(1.0)  # nobody holds it any more: BufferError otherwise
    room.append(1)


def matrices():
    grid = memoryview((ctypes.c_int32 * 6)(*range(6))).cast("B").cast(
        "i", [2, 3])
    assert m.at(grid, 1, 2) == 5 and m.at(grid, column=0, row=1) == 3
    raises(IndexError, "(2, 0) is outside", m.at, grid, 2, 0)
    raises(ValueError, "at() argument 'grid' has 1 dimension and must have 2 "
           "(rows and columns)", m.at, array.array("i", [1]), 0, 0)


def calls():
    assert m.subtract(5, 3) == m.subtract(amount=3, from_=5) == 2
    assert m.subtract(5, amount=3) == m.subtract(*[5], **{"amount": 3}) == 2
    raises(TypeError, "subtract() takes 2 arguments, not 3", m.subtract, 1, 2,
           3)
    raises(TypeError, "subtract() lacks its argument 'amount'", m.subtract, 1)
    raises(TypeError, "subtract() lacks its argument 'from_'", m.subtract,
           amount=1)
    raises(TypeError, "subtract() has no parameter named 'x'", m.subtract, 1,
           x=1)
    raises(TypeError, "subtract() was given its argument 'from_' twice",
           m.subtract, 1, from_=1)
    raises(TypeError, "no_text() takes 0 arguments, not 1", m.no_text, 1)
    raises(TypeError, "no_text() has no parameter", m.no_text, x=1)
    assert m.read(1) == 2 and m.PyList_New(1) == 3
    assert not hasattr(m, "hidden") and not hasattr(m, "_private")


def describes_itself():
    assert m.__doc__ == ("Every kind of parameter and result that a plain "
                         "function may have.")
    assert m.mean.__doc__ == ("The mean of some numbers.\n\nx: the numbers\n"
                              "Returns their mean")
    assert m.scale.__doc__ == "Multiplies in place."
    assert m.dot.__doc__ == ("double dot(const double *x, const double *y, "
                             "int n)")
    assert str(inspect.signature(m.mean)) == "(x)"
    assert str(inspect.signature(m.scale)) == "(x, by)"
    assert str(inspect.signature(m.subtract)) == "(from_, amount)"
    assert str(inspect.signature(m.no_text)) == "()"
    assert m.mean.__module__ == "kinds" and m.mean.__name__ == "mean"
    wanted = {"LIMIT": 10, "LOW": -3, "NAME": "a\tb", "RATE": 1500.0,
              "ALL": 2 ** 64 - 1, "ANSWER": 42, "HALF": 0.5, "WORD": "w\xf6rd",
              "RED": 0, "GREEN": 5, "BLUE": 6, "DEEP": -2 ** 63,
              "CALM": 1, "WILD": 2}
    assert {k: v for k, v in vars(m).items() if k.isupper()} == wanted


def the_gil_is_away():
    done = []

    def call():
        done.append(m.away(20000, ""))
        raises(RuntimeError, "w\xf6rd", m.away, 10, "w\xf6rd")

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [199990000] * 8


def nothing_leaks():
    """Refused calls as often as good ones, and no object stays."""
    d = array.array("d", [1.0])
    held = [d, "text", 12345678901234, [1]]

    def rounds():
        for _ in range(200):
            m.mean(d)
            m.same_text(held[1])
            m.same_i64(held[2])
            for wrong in held:
                for f in (m.same_i8, m.dot, m.few, m.count_bytes, m.scale):
                    try:
                        f(wrong, wrong)
                    except (TypeError, OverflowError, BufferError,
                            ValueError):
                        pass

    rounds()
    gc.collect()
    before = [sys.getrefcount(o) for o in held], len(gc.get_objects())
    rounds()
    gc.collect()
    assert [sys.getrefcount(o) for o in held] == before[0]
    assert len(gc.get_objects()) <= before[1] + 10


def hostile_values():
    """Any values in any places: an exception or an answer, no crash."""
    pool = [0, -1, 2 ** 31, 2 ** 63, 2 ** 64, -2 ** 63, 10 ** 4000, 1.5,
            math.nan, -math.inf, 1e308, 1j, "", "a\0", "\udfff", "x" * 5000,
            b"", b"\0" * 9, bytearray(8), None, True, [], {}, (), m, Bad(),
            Index(), memoryview(bytearray(16)), memoryview(b"12345678")[::-1],
            array.array("d", [1.0] * 3), array.array("i", [7] * 300),
            memoryview(bytearray(24)).cast("d", [3, 1]),
            memoryview(bytearray(8)).cast("i", [2, 1]),
            memoryview(bytearray(8)).cast("i", [1, 2])]
    functions = [f for n, f in sorted(vars(m).items())
                 if callable(f) and n != "away"]
    chance = random.Random(20)
    names = ["x", "text", "n", "by", "grid", "row", "from_", "\udc80", ""]
    for _ in range(20000):
        f = chance.choice(functions)
        args = chance.choices(pool, k=chance.randrange(5))
        named = {n: chance.choice(pool)
                 for n in chance.sample(names, chance.choice([0, 0, 0, 1, 2]))}
        try:
            f(*args, **named)
        except (TypeError, ValueError, OverflowError, BufferError, KeyError,
                IndexError):
            pass


for claim in (integers, enums, truth, floats, text, buffers, matrices, calls,
              describes_itself, the_gil_is_away, nothing_leaks,
              hostile_values):
    claim()
