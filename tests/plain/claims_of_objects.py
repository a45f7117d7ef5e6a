"""What the module of objects.c must do; claims.py says how it is run."""
import gc
import inspect
import sys

import objects as m
from hostile import raises


def objects_pass():
    o = object()
    assert m.same(o) is o and m.same(o=o) is o and m.same(None) is None
    assert m.pair(o, 2) == m.pair(o, 2, None) == (o, 2, None)
    assert m.pair(1, 2, b=o) == (1, 2, o)
    assert m.length([1, 2]) == 2
    raises(TypeError, "object of type 'int' has no len()", m.length, 1)
    raises(SystemError, "nothing() returned NULL and set no exception",
           m.nothing)
    assert m.get({None: o}) == (1, o)
    raises(KeyError, "None", m.get, {})
    assert str(inspect.signature(m.pair)) == "(a, times, b=None)"


def nothing_leaks():
    o = object()
    count = sys.getrefcount(o)
    for _ in range(10000):
        m.same(o)
        m.pair(o, 1, o)
        m.get({None: o})
        for f, args in ((m.length, [o]), (m.get, [{}]), (m.pair, [o, o])):
            try:
                f(*args)
            except (TypeError, KeyError):
                pass
    del args
    gc.collect()
    assert sys.getrefcount(o) == count


for claim in (objects_pass, nothing_leaks):
    claim()
