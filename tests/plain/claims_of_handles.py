"""What the module of handles.c must do; claims.py says how it is run."""
import copy
import gc
import inspect
import sys
import threading

import handles as m
from hostile import raises


def lives_and_ends():
    s = m.store_open("a", 3)
    assert type(s) is m.store and m.store.__module__ == "handles"
    assert repr(s).startswith("<handles.store at 0x")
    assert m.store_count(s, 1) == 4 == m.store_count(more=1, s=s)
    assert m.store_name(s) == "a"
    before = m.closed_count()
    assert m.store_close(s) == 3 and m.closed_count() == before + 1
    assert repr(s).startswith("<closed handles.store at 0x")
    raises(ValueError, "store_count() argument 's' is a store that is closed",
           m.store_count, s, 1)
    raises(ValueError, "store_close() argument 's' is a store that is closed",
           m.store_close, s)
    assert s.close() is None and m.closed_count() == before + 1
    s = m.store_open("b", 4)
    assert s.close() == 4 and s.close() is None
    raises(ValueError, "this handles.store is closed", s.__enter__)
    del s
    assert m.closed_count() == before + 2


def with_closes():
    before = m.closed_count()
    with m.store_open("a", 3) as s:
        assert m.store_count(s, 0) == 3
    assert m.closed_count() == before + 1
    raises(ValueError, "that is closed", m.store_count, s, 0)
    with m.store_open("a", 3) as s:
        s.close()
    assert m.closed_count() == before + 2
    try:
        with m.store_open("a", 3) as s:
            raise KeyError("mine")
    except KeyError:
        pass
    raises(ValueError, "that is closed", m.store_count, s, 0)


def nobody_holds_it():
    before = m.closed_count()
    m.store_open("a", 3)
    assert m.closed_count() == before + 1
    seen, hook = [], sys.unraisablehook
    sys.unraisablehook = lambda u: seen.append(str(u.exc_value))
    try:
        m.store_open("it", 13)
    finally:
        sys.unraisablehook = hook
    assert seen == ["it was unlucky"]
    s = m.store_open("it", 13)
    raises(ValueError, "it was unlucky", s.close)
    assert s.close() is None


def wrong_ones():
    here = "store_count() argument 's' must be store, not "
    raises(TypeError, here + "int: 1", m.store_count, 1, 1)
    raises(TypeError, here + "NoneType: None", m.store_count, None, 1)
    raises(TypeError, here + "handles.far: <handles.far object>", m.store_count,
           m.far_some(), 1)
    raises(TypeError, here + "type", m.store_count, m.store, 1)
    raises(TypeError, "handles.store objects come from the module's "
           "functions", m.store)
    raises(TypeError, "cannot pickle 'handles.store' object", copy.copy,
           m.store_open("a", 1))
    try:
        type("sub", (m.store,), {})
    except TypeError:
        pass
    else:
        raise AssertionError("a subclass could be made")
    s = m.store_open("a", 1)
    raises(TypeError, "'more'", m.store_count, s, "x")
    assert s.close() == 1  # a refused call does not hold it


def null_and_defaults():
    assert m.store_open("a", -1) is None and m.far_none(1) is None
    raises(OSError, "", m.store_must, -1)
    assert m.store_count(m.store_must(2), 0) == 2
    assert m.store_count(m.store_out(6), 0) == 6 and m.store_out(-1) is None
    s = m.store_open("a", 1)
    assert m.either() == m.either(None) == 0
    assert m.either(s) == 1 and m.either(b=s) == 2 and m.either(s, s) == 3
    assert str(inspect.signature(m.either)) == "(a=None, b=None)"
    assert s.close() == 1


def what_is_lent():
    before = m.closed_count()
    s = m.store_open("a", 1)
    assert m.store_add(s, 1) is s and m.store_peek(s) is s
    shelf = m.store_shelf(s, 2)
    assert type(shelf).__name__ == "shelf_s" and not hasattr(shelf, "close")
    count = sys.getrefcount(s)
    del shelf
    assert sys.getrefcount(s) == count - 1
    shelf = m.store_shelf(s, 2)
    del s
    assert m.closed_count() == before  # what it lives in stays
    del shelf
    assert m.closed_count() == before + 1
    one, two = m.store_standing(), m.store_standing()
    raises(ValueError, "that is borrowed, and not Python's to close",
           one.close)
    raises(ValueError, "that is borrowed", m.store_close, two)
    del one, two
    assert m.store_count(m.store_standing(), 0) == 1
    assert m.closed_count() == before + 1
    assert m.far_is(m.far_some()) == 1


def a_call_keeps_it_open():
    s = m.store_open("a", 5)
    found = []
    thread = threading.Thread(target=lambda: found.append(m.store_wait(s)))
    thread.start()
    while not m.waits():
        pass
    raises(RuntimeError, "store_close() argument 's' is a store that another "
           "call uses just now", s.close)
    m.go()
    thread.join()
    assert found == [5] and s.close() == 5


def nothing_leaks():
    def rounds():
        for _ in range(10000):
            with m.store_open("a", 1) as s:
                m.store_add(s, 1)
                m.store_shelf(s, 1)
            for wrong in (s, 1, None):
                try:
                    m.store_count(wrong, 1)
                except (TypeError, ValueError):
                    pass

    rounds()
    gc.collect()
    before = len(gc.get_objects()), sys.getrefcount(m.store)
    rounds()
    gc.collect()
    assert len(gc.get_objects()) <= before[0] + 10
    assert sys.getrefcount(m.store) == before[1]


for claim in (lives_and_ends, with_closes, nobody_holds_it, wrong_ones,
              null_and_defaults, what_is_lent, a_call_keeps_it_open,
              nothing_leaks):
    claim()
