"""Subinterpreters, with a GIL of their own where CPython has that (3.12),
while the main interpreter's code is swapped: they keep the code that they
imported, and it stays where it is as long as they may call it."""
from bed import stretch
from recording import await_calls, record, told

UNLOADS = True

INTERPRETERS = """
import importlib
for name in "_interpreters", "_xxsubinterpreters":
    try:
        interpreters = importlib.import_module(name)
    except ImportError:
        continue
    break
def create():
    if hasattr(interpreters, "new_config"):       # 3.13
        return interpreters.create("isolated")
    return interpreters.create()                  # 3.12: with its own GIL
def run(i, code):
    error = interpreters.run_string(i, code)
    assert error is None, error
"""


def code(value):
    return stretch(
        before="""
static PyObject *answer(PyObject *m, PyObject *u)
{ return PyLong_FromLong(%d); }
#ifdef Py_mod_multiple_interpreters
#define OWN_GIL {Py_mod_multiple_interpreters, \\
                 Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define OWN_GIL
#endif
""" % value,
        methods='{"answer", answer, METH_NOARGS, NULL},', slots="OWN_GIL")


def is_mapped(app, path):
    with open("/proc/%d/maps" % app.process.pid) as maps:
        return path in maps.read()


def test_each_interpreter_runs_code_that_stays_until_it_is_gone(bed):
    bed.module("hot", code(1))
    first = bed.modules["hot"][2]
    app, peer = bed.start("hot")
    app.do(INTERPRETERS + "one, two = create(), create()")
    app.do("for i in (one, two):\n"
           "    run(i, 'import hot; held = hot.answer; assert held() == 1')")
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", code(n)))
    assert app.ask("hot.answer()") == 3
    peer.await_retired(1)
    app.do("run(one, 'assert held() == hot.answer() == 1')")
    app.do("interpreters.destroy(one)")
    for n in (4, 5):
        bed.swap(peer, bed.order("hot", code(n)))
    peer.await_retired(2)
    assert ("hot", 1) in peer.images
    assert is_mapped(app, first)
    app.do("run(two, 'assert held() == hot.answer() == 1')")
    app.do("three = create(); run(three, 'import hot; "
           "assert hot.answer() == 5')")
    assert app.ask("hot.answer()") == 5
    app.do("interpreters.destroy(two); interpreters.destroy(three)")
    bed.swap(peer, bed.order("hot", code(6)))
    assert app.ask("hot.answer()") == 6
    assert app.end() == 0


CALLERS = """
import threading
go = "assert hot.answer() == 1\\n" * 50
failed = []
stop = threading.Event()
def keep(i):
    try:
        while not stop.is_set():
            run(i, go)
    except BaseException as e:
        failed.append(repr(e))
threads = [threading.Thread(target=keep, args=(i,)) for i in (one, two)]
[t.start() for t in threads]
"""


def test_swaps_do_not_disturb_interpreters_that_compute(bed):
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    app.do(INTERPRETERS + "one, two = create(), create()")
    app.do("[run(i, 'import hot') for i in (one, two)]")
    app.do(CALLERS)
    for n in range(2, 6):
        bed.swap(peer, bed.order("hot", code(n)))
        assert app.ask("hot.answer()") == n
    app.do("stop.set(); [t.join() for t in threads]")
    assert app.ask("failed") == []
    app.do("[interpreters.destroy(i) for i in (one, two)]")
    assert app.end() == 0


def test_a_recording_hears_the_main_interpreter_alone(bed):
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    app.do(INTERPRETERS + "one = create(); run(one, 'import hot')")
    assert record(peer, "answer", 3) == ""
    app.do("run(one, 'assert [hot.answer() for i in range(9)] == [1] * 9')")
    app.do("hot.answer()")
    await_calls(peer, 1)
    # an answer to the next question comes after all that was told
    record(peer, "answer", 1, 2)
    assert told(peer) == [((), {})]
    app.do("interpreters.destroy(one)")
    assert app.end() == 0
