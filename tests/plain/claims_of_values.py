"""What the module of values.c must do; claims.py says how it is run."""
import array
import copy
import gc
import inspect
import math
import pickle
import random
import sys
import threading

import values as m
from hostile import Bad, Index, raises


def makes_and_shows():
    p = m.Point(1, y=2)
    assert repr(p) == "Point(x=1.0, y=2.0)" and m.Point.__module__ == "values"
    assert (p.x, p.y) == (1.0, 2.0)
    assert repr(m.Point()) == "Point(x=0.0, y=0.0)"
    assert m.Point.__doc__ == "A place in the plane."
    assert m.Point.__match_args__ == ("x", "y")
    assert m.pixel.__doc__ == ("struct pixel { uint8_t red; uint8_t green; "
                               "uint8_t blue; _Bool is_lit; int16_t depth; }")
    if sys.version_info >= (3, 10):
        assert str(inspect.signature(m.Point)) == "(x=0.0, y=0.0)"
        assert str(inspect.signature(m.Line)) == (
            "(from_=Ellipsis, to=Ellipsis, mode=0, name='')")
    assert repr(m.Line(name="a", mode=m.ON)) == (
        "Line(from_=Point(x=0.0, y=0.0), to=Point(x=0.0, y=0.0), "
        "mode=%r, name='a')" % m.ON)
    raises(TypeError, "Point() takes 0 to 2 arguments, not 3", m.Point, 1, 2,
           3)
    raises(TypeError, "Point() has no parameter named 'z'", m.Point, z=1)
    raises(TypeError, "Point() was given its argument 'x' twice", m.Point, 1,
           x=1)
    raises(TypeError, "Point() argument 'x' must be a float, not str: 'a'",
           m.Point, "a")


def compares_by_value():
    p = m.Point(1, 2)
    assert p == m.Point(1, 2) and p != m.Point(2, 1) and p != (1, 2)
    assert not p == 1 and not p != m.Point(1.0, 2.0)
    assert m.Point(math.nan) != m.Point(math.nan)
    assert m.Line(p, name="a") == m.Line(p, name="a") != m.Line(p, name="b")
    assert m.table([1, 2, 3]) != m.table([1, 2, 4])
    raises(TypeError, "unhashable", hash, p)
    raises(TypeError, "'<' not supported", lambda: p < p)


def fields_are_checked():
    p = m.pixel()
    for value in (0, 255, True, Index()):
        p.red = value
        assert p.red == (5 if isinstance(value, Index) else value)
    for value in (-1, 256, 10 ** 4000):
        raises(OverflowError, "pixel() argument 'red' is ", setattr, p, "red",
               value)
    raises(TypeError, "pixel() argument 'depth' must be an int, not float: "
           "1.0", setattr, p, "depth", 1.0)
    raises(KeyError, "no index", setattr, p, "red", Bad())
    p.is_lit = [0]
    assert p.is_lit is True and p.red == 5
    raises(AttributeError, "pixel.red cannot be deleted", delattr, p, "red")
    raises(AttributeError, "", setattr, p, "no_such", 1)
    a = m.all(fixed=3, lambda_=4)
    raises(AttributeError, "", setattr, a, "fixed", 1)
    assert a.fixed == 3 and a.lambda_ == 4
    high = m.all(c=127, sc=-128, uc=255, s=-2 ** 15, us=2 ** 16 - 1,
                 i=-2 ** 31, ui=2 ** 32 - 1, l=-2 ** 63, ul=2 ** 64 - 1,
                 ll=-2 ** 63, ull=2 ** 64 - 1, f=1.5, d=math.inf, ld=2.5,
                 b=True)
    assert m.same(high) == high and m.same(high).ull == 2 ** 64 - 1
    raises(OverflowError, "all() argument 'f' is more than 'float' holds",
           m.all, f=1e39)


def enums_text_and_arrays_are_fields():
    line = m.Line(m.Point(1, 2), mode=3, name="w\xf6rd")
    assert line.mode is m.ON and line.name == "w\xf6rd"
    line.mode = m.OFF
    assert line.mode is m.mode.OFF
    line.name = "1234567"
    raises(ValueError, "Line() argument 'name' is longer than the 7 bytes of "
           "UTF-8 that it holds: '12345678'", setattr, line, "name",
           "12345678")
    raises(ValueError, "has a NUL", setattr, line, "name", "a\0b")
    raises(TypeError, "must be a str", setattr, line, "name", b"a")
    assert line.name == "1234567"
    assert m.raw(line) == 7 == line.mode and type(line.mode) is int
    raises(ValueError, "Line.name holds text that is not UTF-8", getattr,
           line, "name")
    assert repr(line).endswith("name='" + r"\\xff" * 8 + "')")
    table = m.table([1, 2, 3], [m.Point(1, 1)] * 2, (m.ON, 0))
    table.cells[1] = 20
    assert table.cells.tolist() == [1, 20, 3]
    table.cells = array.array("i", [4, 5, 6])
    raises(ValueError, "table() argument 'cells' must have 3 items, not 1",
           setattr, table, "cells", [1])
    raises(TypeError, "table() argument 'cells' must be a sequence, not int",
           setattr, table, "cells", 1)
    raises(TypeError, "must be a sequence", setattr, table, "cells", "abc")
    raises(OverflowError, "argument 'cells' is ", setattr, table, "cells",
           [1, 2, 2 ** 31])
    raises(TypeError, "must be Point", setattr, table, "corners", [1, 2])
    assert table.cells.tolist() == [4, 5, 6]
    table.corners[1].x = 8
    table.corners[0] = m.Point(9)
    table.cells = table.cells
    table.corners = table.corners
    assert repr(m.doubled(table)) == (
        "table(cells=[8, 10, 12], corners=[Point(x=9.0, y=0.0), Point(x=8.0, "
        "y=9.0)], modes=[%r, %r])" % (m.ON, m.OFF))


def calls_take_and_give():
    p = m.Point(1, 2)
    assert m.turned(p) == m.Point(-2, 1) and m.length(p) == 5
    assert m.move_by(p, 1) is None and p == m.Point(2, 2)
    assert m.has() == m.has(None) == 0 and m.has(p) == 1
    assert m.invert(m.pixel(1, 2, 3, True, 4)) == m.pixel(254, 2, 3, 0, -4)
    line = m.Line(p, m.Point(7, 8), m.ON, "abc")
    assert m.reversed(line) == m.Line(line.to, line.from_, m.OFF, "rabc")
    assert m.ends(line) == (p, m.Point(7, 8))
    assert m.middle(False) is None and m.middle(True) == m.Point(1, 2)
    raises(TypeError, "turned() argument 'p' must be Point, not int: 1",
           m.turned, 1)
    raises(TypeError, "must be Point, not NoneType", m.turned, None)
    raises(TypeError, "must be Point, not values.pixel", m.move_by, m.pixel(), 1)
    raises(TypeError, "turned() argument 'p' has items of format 'B' (1 "
           "bytes), not of type Point", m.turned, bytes(16))
    raises(ValueError, "must hold one item", m.turned, m.Point.array(2))
    assert m.turned(m.Point.array([p])) == m.turned(p)


def what_is_inside_stays_alive():
    end = m.Line(to=m.Point(3, 4)).to
    gc.collect()
    end.x = 5
    assert end == m.Point(5, 4)
    cells = m.table([1, 2, 3]).cells
    last = m.Point.array([m.Point(1), m.Point(2)])[1]
    gc.collect()
    assert cells.tolist() == [1, 2, 3] and last.x == 2
    line = m.Line()
    m.move_by(line.from_, 6, 7)
    assert line.from_ == m.Point(6, 7)


def arrays():
    points = m.Point.array(3)
    assert len(points) == 3 and list(points) == [m.Point()] * 3
    assert repr(points) == "<array of 3 Point>"
    points[0].x = 5
    points[-1] = m.Point(1, 1)
    assert m.sum(points) == 7.0 == m.sum(memoryview(points))
    m.scale(points, 2)
    assert list(points) == [m.Point(10), m.Point(), m.Point(2, 2)]
    assert m.sum(m.Point.array(p for p in points)) == 14.0
    assert m.sum(m.Point.array(0)) == 0 and len(m.Point.array([])) == 0
    view = memoryview(points)
    assert view.format == "T{d:x:d:y:}" and view.shape == (3,)
    assert view.itemsize == 16 and not view.readonly
    assert bytes(view)[:8] == bytes(array.array("d", [10]))
    assert memoryview(m.Point()).ndim == 0
    assert memoryview(m.Line()).format == (
        "T{T{d:x:d:y:}:from_:T{d:x:d:y:}:to:I:mode:8s:name:4x}")
    assert list(m.Point.array(view)) == list(points)
    raises(TypeError, "array() argument 'what' has items of format 'B'",
           m.Point.array, b"16 bytes long...")
    raises(IndexError, "out of range", lambda: points[3])
    raises(TypeError, "must be Point, not int", points.__setitem__, 0, 1)
    raises(TypeError, "deleted", points.__delitem__, 0)
    raises(ValueError, "cannot hold -1 items", m.Point.array, -1)
    raises((OverflowError), "", m.Point.array, 10 ** 30)
    raises(ValueError, "cannot hold", m.Point.array, sys.maxsize)
    raises(TypeError, "", m.Point.array, 1.5)
    raises(TypeError, "come from the array()", type(points))
    raises(BufferError, "sum() argument 'points' is not C-contiguous", m.sum,
           view[::2])
    raises(BufferError, "scale() argument 'points' is read-only", m.scale,
           view.toreadonly(), 2)
    raises(TypeError, "sum() argument 'points' must be a buffer of Point",
           m.sum, [m.Point()])
    raises(TypeError, "has items of format 'T{B:red:", m.sum,
           m.pixel.array(1))


def copies_and_subclasses():
    table = m.table([1, 2, 3], [m.Point(1)] * 2, [3, 3])
    for made in (copy.copy(table), copy.deepcopy(table),
                 pickle.loads(pickle.dumps(table))):
        assert made == table and made is not table
        made.cells[0] = 100
        assert made != table

    class Named(m.Point):
        def __init__(self, name, x):
            super().__init__(x, y=x)
            self.name = name

    n = Named("n", 3)
    assert (n.name, n.x, n.y) == ("n", 3.0, 3.0) and n == m.Point(3, 3)
    assert repr(n) == "Named(x=3.0, y=3.0)" and m.turned(n).x == -3
    assert type(m.turned(n)) is m.Point
    n.__init__("m", 4)
    assert n.x == 4 and Named.__new__(Named) == m.Point()
    line = m.Line(from_=n)
    assert type(line.from_) is m.Point and line.from_ == n
    raises(TypeError, "", object.__new__, m.Point)


def nothing_leaks():
    line = m.Line(m.Point(1, 2), name="a")
    held = [m.Point, m.Line, m.table, m.ON, line, "text"]

    def rounds(count):
        for _ in range(count):
            p = m.turned(m.Point(1, y=2))
            m.move_by(p, 1)
            copy.copy(line).to.x = 4
            table = m.table([1, 2, 3], m.Point.array(2))
            memoryview(table.corners), table.cells, repr(table), m.ends(line)
            assert m.raw(copy.copy(line)) == 7
            for wrong in ("text", line, m.Point.array(1), b"", None):
                for f in (m.turned, m.sum, m.pixel, m.doubled, m.Point.array):
                    try:
                        f(wrong)
                    except (TypeError, ValueError, OverflowError):
                        pass
            try:
                table.cells = [1, 2, "text"]
            except TypeError:
                pass

    rounds(100)
    gc.collect()
    before = [sys.getrefcount(o) for o in held], len(gc.get_objects())
    rounds(1000)
    gc.collect()
    assert [sys.getrefcount(o) for o in held] == before[0]
    assert len(gc.get_objects()) <= before[1] + 10


def threads_share_a_struct():
    p = m.Point(1, 1)
    done = []

    def work():
        for _ in range(500):
            p.x = 1
            done.append(m.far(p).x)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(done) == {1e6} and len(done) == 2000


def hostile_values():
    """Any values in any places: an exception or an answer, no crash."""
    pool = [0, -1, 2 ** 63, 10 ** 4000, 1.5, math.nan, 1j, "", "a\0", "\udfff",
            b"", bytes(16), bytearray(16), None, True, [], {}, (), m, Bad(),
            Index(), m.ON, m.Point(), m.Point, m.Line(name="x"), m.table(),
            m.Point.array(0), m.Point.array(3), m.pixel.array(2), m.all(),
            memoryview(m.Point.array(3))[::-1], memoryview(m.Point()),
            [1, 2, 3], [m.Point()] * 2, array.array("i", [1, 2, 3]),
            type(m.Point.array(1)), m.table().cells]
    functions = [f for n, f in sorted(vars(m).items()) if callable(f)]
    functions += [m.Point.array, m.table.array]
    chance = random.Random(20)
    names = ["x", "y", "p", "n", "cells", "corners", "name", "\udc80", ""]
    expected = (TypeError, ValueError, OverflowError, BufferError, KeyError,
                IndexError, AttributeError, MemoryError)
    for _ in range(20000):
        f = chance.choice(functions)
        args = chance.choices(pool, k=chance.randrange(5))
        named = {n: chance.choice(pool)
                 for n in chance.sample(names, chance.choice([0, 0, 0, 1, 2]))}
        try:
            repr(f(*args, **named))
        except expected:
            pass
        o = chance.choice(pool)
        try:
            setattr(o, chance.choice(names), chance.choice(pool))
        except expected:
            pass


for claim in (makes_and_shows, compares_by_value, fields_are_checked,
              enums_text_and_arrays_are_fields, calls_take_and_give,
              what_is_inside_stays_alive, arrays, copies_and_subclasses,
              nothing_leaks, threads_share_a_struct, hostile_values):
    claim()
