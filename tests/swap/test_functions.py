"""What a swap does to the functions that an app holds."""
import pytest

from bed import READY, Raised, returning, stretch


def test_modules_whose_functions_are_named_as_libc_s_are_swapped(bed):
    names = ("read", "index", "time", "write", "open")

    def code(value):
        """libc's declarations of those names are out of the way."""
        own = "".join("long %s(void) { return %d; }"
                      "static PyObject *c_%s(PyObject *m, PyObject *u)"
                      "{ return PyLong_FromLong(%s()); }\n" % (n, value, n, n)
                      for n in names)
        methods = "".join('{"%s", c_%s, METH_NOARGS, NULL},' % (n, n)
                          for n in names)
        hide = "".join("#define %s libc_%s\n" % (n, n) for n in names)
        show = "".join("#undef %s\n" % n for n in names)
        include = "#include <Python.h>\n"
        return stretch(before=own, methods=methods).replace(
            include, hide + include + show)
    flags = ("-O1", "-fvisibility=hidden", "-Wl,-Bsymbolic")
    bed.module("hot", code(1), *flags)
    app, peer = bed.start("hot")
    everything = "[getattr(hot, n)() for n in %r]" % (names,)
    assert app.ask(everything) == [1] * 5
    bed.swap(peer, bed.order("hot", code(2), *flags))
    assert app.ask(everything) == [2] * 5


def test_sixteen_threads_call_through_two_hundred_swaps(bed):
    bed.module("hot", returning(0))
    app = bed.app()
    app.do("""
import hot, sys, threading
sys.setswitchinterval(1e-4)
held, stop, wrong, calls = hot.answer, False, [], [0] * 16
def loop(i):
    last = 0
    while not stop:
        now = held()
        if not last <= now <= 200:
            wrong.append((last, now))
        last = now
        calls[i] += 1
threads = [threading.Thread(target=loop, args=(i,)) for i in range(16)]
[t.start() for t in threads]
""")
    peer = bed.accept()
    peer.await_module("hot")
    built = [bed.order("hot", returning(i), "-O0") for i in range(1, 9)]
    for i in range(1, 201):
        order = dict(built[(i - 1) % 8], generation=i + 1)
        # the same file again is loaded as a copy of its own
        bed.swap(peer, order)
        assert app.ask("held()") == (i - 1) % 8 + 1
    app.do("stop = True; [t.join() for t in threads]")
    assert app.ask("all(calls)")
    # a value goes down only where the eight builds start again
    assert app.ask("[w for w in wrong if w[0] not in range(1, 9)]") == []


def test_more_functions_than_a_table_holds_are_swapped(bed):
    count = 1100

    def code(plus):
        return stretch(
            before="\n".join(
                "static PyObject *f%d(PyObject *m, PyObject *u)"
                "{ return PyLong_FromLong(%d); }" % (i, i + plus)
                for i in range(count)),
            methods="\n".join('{"f%d", f%d, METH_NOARGS, NULL},' % (i, i)
                              for i in range(count)))
    bed.module("hot", code(0), "-O0")
    app, peer = bed.start("hot")
    app.do("held = [getattr(hot, 'f%%d' %% i) for i in range(%d)]" % count)
    for plus in (5, 7):
        bed.swap(peer, bed.order("hot", code(plus), "-O0"))
        assert app.ask("all(f() == i + %d for i, f in enumerate(held))" % plus)
    bed.swap(peer, bed.order("hot", returning(1), "-O0"))
    with pytest.raises(Raised, match="hot.f1099.. was removed"):
        app.do("held[1099]()")


def test_prepare_that_is_not_committed_changes_nothing(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    assert peer.prepare(1, [bed.order("hot", returning(2))]).verdict == READY
    assert app.ask("hot.answer()") == 1
    peer.abort(1)
    assert app.ask("hot.answer()") == 1
    bed.txn = 1
    bed.swap(peer, bed.order("hot", returning(3)))
    assert app.ask("hot.answer(), hot.__cowbird__") == (
        3, {"generation": 2, "source": bed.source("hot"), "tier": "fast"})
