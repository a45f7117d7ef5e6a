"""What the module of callbacks.c must do; claims.py says how it is run."""
import gc
import inspect
import sys
import threading

import callbacks as m
from hostile import raises


def values_pass():
    for f in (m.each, m.each_away):
        seen = []
        assert f(5, lambda i: seen.append(i) or i < 3) == 3
        assert seen == [0, 1, 2, 3]
        assert f(visit=lambda i: True, n_turns=7) == 7
    got = []
    assert m.sum(lambda *a: got.append(a) or a[0] / 2, 3) == 1.5
    assert got == [(0.0, 0, False), (1.0, -1, True), (2.0, -2, True)]
    assert m.last("a", lambda s: s + "\xf6" if len(s) < 9 else None) == (
        "a" + 8 * "\xf6")
    assert m.tell(got.append) is None and got[-1] == 200
    assert m.tell() is None and m.tell(None) is None
    assert m.both(lambda i: i + 1, lambda i: i + 2) == 24
    assert str(inspect.signature(m.each)) == "(n_turns, visit)"
    assert str(inspect.signature(m.sum)) == "(f, n_turns)"
    assert str(inspect.signature(m.tell)) == "(said=None)"


def wrong_ones():
    raises(TypeError, "each() argument 'visit' must be callable, not int: 1",
           m.each, 1, 1)
    raises(TypeError, "must be callable, not NoneType", m.each, 1, None)
    here = "each() argument 'visit() result' "
    raises(TypeError, here + "must be an int, not str: 'x'", m.each, 5,
           lambda i: "x")
    raises(OverflowError, here + "is 4294967296, and 'int' holds", m.each, 5,
           lambda i: 2 ** 32)
    raises(TypeError, "'next() result' must be a str, not int", m.last, "a",
           lambda s: 1)
    raises(ValueError, "has a NUL character", m.last, "a", lambda s: "a\0")
    raises(TypeError, "takes 0 positional arguments", m.each, 5,
           lambda: True)


def the_first_exception_is_raised_at_the_end():
    for f in (m.each, m.each_away):
        calls = []

        def visit(i):
            calls.append(i)
            if i == 2:
                raise KeyError("mine %d" % i)
            return True

        raises(KeyError, "mine 2", f, 10, visit)
        assert calls == [0, 1, 2]
    calls = []
    raises(ZeroDivisionError, "", m.sum, lambda *a: calls.append(a) or 1 / 0,
           5)
    assert len(calls) == 1  # C went on, Python was not called
    raises(ZeroDivisionError, "", m.raises_too, lambda i: 1 / 0)
    raises(IndexError, "got 5", m.raises_too, lambda i: 5)
    calls = []
    raises(IndexError, "first", m.raises_first, calls.append)
    assert calls == []


def calls_nest():
    """Of functions that hold the GIL in those that do not, and back."""
    def nested(i):
        assert m.each(2, lambda i: True) == 2
        assert m.each_away(3, lambda i: True) == 3
        raises(IndexError, "got 1", m.raises_too, lambda i: 1)
        raises(KeyError, "inner", m.each_away, 1, fail)
        return True

    def fail(i):
        raise KeyError("inner")

    assert m.each(3, nested) == m.each_away(3, nested) == 3


def from_other_threads():
    here = threading.get_ident()
    seen = set()

    def visit(i):
        seen.add(threading.get_ident())
        return i

    assert m.spread(visit) == 4 * 4950
    assert here not in seen
    calls = []

    def fail(i):
        calls.append(i)
        raise KeyError("there")

    raises(KeyError, "there", m.spread, fail)
    assert 1 <= len(calls) <= 4
    threads = [threading.Thread(target=m.spread, args=[visit])
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def nothing_leaks():
    text = "text that is no constant %d" % len(sys.argv)
    callables = [lambda s: text, lambda i: 1 / 0, int]

    def rounds():
        for _ in range(10000):
            m.each(2, callables[2])
            m.last("a", lambda s: None if s == text else text)
            for wrong in callables:
                try:
                    m.each_away(2, wrong)
                except (TypeError, ZeroDivisionError):
                    pass

    rounds()
    gc.collect()
    before = sys.getrefcount(text), len(gc.get_objects())
    held = [sys.getrefcount(c) for c in callables]
    rounds()
    gc.collect()
    assert sys.getrefcount(text) == before[0]
    assert len(gc.get_objects()) <= before[1] + 10
    assert [sys.getrefcount(c) for c in callables] == held


for claim in (values_pass, wrong_ones,
              the_first_exception_is_raised_at_the_end, calls_nest,
              from_other_threads, nothing_leaks):
    claim()
