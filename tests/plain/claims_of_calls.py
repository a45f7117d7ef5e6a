"""What the module of calls.c must do; claims.py says how it is run."""
import array
import inspect

import calls as m
from hostile import raises


def defaults():
    x = array.array("d", [3, 4])
    assert m.scale(x) == 3 and m.scale(x, 2) == 6 and m.scale(by=3, x=x) == 9
    assert m.scale(array.array("d")) == -1
    raises(TypeError, "scale() lacks its argument 'x'", m.scale)
    raises(TypeError, "scale() lacks its argument 'x'", m.scale, by=1)
    raises(TypeError, "scale() takes 1 to 2 arguments, not 3", m.scale, x, 1,
           2)
    raises(TypeError, "scale() was given its argument 'by' twice", m.scale, x,
           1, by=2)
    raises(TypeError, "scale() argument 'by' must be a float, not NoneType",
           m.scale, x, None)
    raises(TypeError, "has no parameter named 'on'", m.scale, x, on=2)
    assert m.say() == "w\xf6rd, (a)" and m.say("b") == "b"
    assert m.say("b", None) == "b" and m.say("b", "c") == "c"
    assert m.say(other="c") == "c"
    raises(TypeError, "say() argument 'text' must be a str, not NoneType",
           m.say, None)
    raises(TypeError, "say() argument 'other' must be a str, not int", m.say,
           "a", 1)
    usual = 20 + 5 + 1 - 2 ** 31 + 120 + 2 ** 20
    assert m.numbers() == usual
    assert m.numbers(c=False, f=0) == usual - 1 - 2 ** 20
    assert m.numbers(0, 0, 0, 0, 0, 0) == 0
    raises(OverflowError, "numbers() argument 'e' is 128", m.numbers, e=128)
    assert m.all_default() is True and m.all_default(5) is False


def optional_buffers():
    x = array.array("d", [3, 4])
    assert m.weigh(x) == m.weigh(x, None) == m.weigh(weights=None, x=x) == 7
    assert m.weigh(x, array.array("d", [10, 1])) == 34
    raises(ValueError, "weigh() arguments 'x' and 'weights' must have as many "
           "items: 2 and 1", m.weigh, x, array.array("d", [1]))
    raises(TypeError, "weigh() argument 'x' must be a buffer of double",
           m.weigh, None)
    raises(TypeError, "weigh() argument 'weights' must be a buffer", m.weigh,
           x, 1)
    grid = memoryview(bytes(24)).cast("i", [2, 3])
    room = bytearray(2)
    assert m.count_cells() == -1 and m.count_cells(grid) == 6
    assert m.count_cells(None, room) == -1 and room == b"yy"
    assert m.count_cells(out=room, grid=grid) == 6
    raises(BufferError, "count_cells() argument 'out' is read-only",
           m.count_cells, None, b"ab")
    x.append(1)  # nobody holds it any more: BufferError otherwise
    room.append(1)


def several_results():
    x = array.array("d", [3, 4, -1])
    assert m.spread(x) == (-1.0, 4.0)
    assert m.spread(array.array("d")) == (0.0, 0.0)
    assert m.divide(17, 5) == m.divide(b=5, a=17) == (3, 2)
    raises(ZeroDivisionError, "17 by 0", m.divide, 17, 0)
    assert m.one(-3) == -3
    assert m.everything(0) == (False, 0, 0, 0.0, 0, None)
    assert m.everything(1) == (True, 120, 2 ** 64 - 1, 0.5, 5, "text")
    raises(ValueError, "everything() returned text that is not UTF-8",
           m.everything, 2)
    x.append(1)


def signatures_show_defaults():
    wanted = {
        "scale": "(x, by=1.0)",
        "weigh": "(x, weights=None)",
        "say": "(text='w\xf6rd, (a)', other=None)",
        "numbers": "(a=20, b=5, c=True, d=-2147483648, e=120, f=1048576)",
        "all_default": "(a=%d, b=inf, c=Ellipsis)" % (2 ** 64 - 1),
        "spread": "(x)",
        "divide": "(a, b)",
        "count_cells": "(grid=None, out=None)",
    }
    for name, signature in wanted.items():
        assert str(inspect.signature(getattr(m, name))) == signature


for claim in (defaults, optional_buffers, several_results,
              signatures_show_defaults):
    claim()
