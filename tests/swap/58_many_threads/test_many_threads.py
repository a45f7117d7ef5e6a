"""Case 58: sixteen threads call while a function changes its code and its
calling convention: each call is whole, and no thread goes back to older code;
and while they write variables that go along: no write is lost. The guest runs
under ThreadSanitizer; a report ends the app, and the last tests see that it
does."""
import os
import pathlib

import pytest

import sanitizers
from bed import stretch
from busy import swap_in_time

SWAPS = int(os.environ.get("COWBIRD_TEST_THREAD_SWAPS", "50"))
THREADS = 16
MARK = b"which-generation"  # 16 bytes, written over in the artefact
FLAGS = ["-O1", "-g"]

CALLS = """
import threading
stop, faults, counts = threading.Event(), [], [0] * %d
def call(which):
    last = n = 0
    pair = hot.pair
    while not stop.is_set():
        for ask in (pair, hot.pair):
            n += 1
            a, b, generation = ask(which, n)
            if (a, b) != (which, n) or generation < last:
                faults.append((which, n, a, b, generation, last))
            last = generation
    counts[which] = n
threads = [threading.Thread(target=call, args=(n,)) for n in range(%d)]
for t in threads:
    t.start()
""" % (THREADS, THREADS)

# (flags, parameters, how the two are got)
CONVENTIONS = [
    ("METH_VARARGS", "PyObject *args",
     "a = PyTuple_GET_ITEM(args, 0); b = PyTuple_GET_ITEM(args, 1);"),
    ("METH_FASTCALL", "PyObject *const *args, Py_ssize_t count",
     "if (count != 2) abort(); a = args[0]; b = args[1];"),
    ("METH_FASTCALL | METH_KEYWORDS",
     "PyObject *const *args, Py_ssize_t count, PyObject *names",
     "if (count != 2 || names) abort(); a = args[0]; b = args[1];"),
]


def code(flags, parameters, get):
    return stretch(
        before="#include <stdlib.h>\n"
               "static volatile const char mark[16] = \"which-generation\";"
               "static PyObject *pair(PyObject *m, %s)"
               "{ PyObject *a, *b; char n[17] = {0}; %s"
               "  for (int i = 0; i < 16; i++) n[i] = mark[i];"
               "  return Py_BuildValue(\"OOi\", a, b, atoi(n)); }"
               % (parameters, get),
        methods='{"pair", (PyCFunction)(void (*)(void))pair, %s, NULL},'
                % flags)


def generations(bed, *codes):
    """Makes the artefact of the numbered generation: the codes by turns, with
    the number written into them."""
    built = []
    for code in codes:
        path = bed.build("hot", code, *FLAGS)
        with open(path, "rb") as artefact:
            built.append(artefact.read())
        assert built[-1].count(MARK) == 1

    def order(n):
        path = bed.folder / ("gen-%d.so" % n)
        path.write_bytes(built[n % len(built)].replace(MARK, b"%016d" % n))
        return {"name": "hot", "stem": "hot", "generation": n,
                "artefact": str(path), "source": bed.source("hot")}

    bed.modules["hot"] = ["hot", 1, order(1)["artefact"]]
    bed.write()
    return order


def test_sixteen_threads_see_whole_calls_through_all_swaps(thread_bed):
    bed = thread_bed
    order = generations(bed, *(code(*c) for c in CONVENTIONS))
    app, peer = bed.start("hot")
    app.do(CALLS)
    for n in range(2, SWAPS + 2):
        fresh = order(n)
        bed.swap(peer, fresh)
        os.unlink(fresh["artefact"])
    app.do("stop.set(); [t.join() for t in threads]")
    assert app.ask("faults[:5]") == []
    assert app.ask("min(counts)") > 0
    assert app.ask("hot.pair(1, 2)") == (1, 2, SWAPS + 1)
    assert app.end() == 0


# -- variables ----------------------------------------------------------------

# Each thread writes a number of its own, without the GIL; all write `shared`.
COUNTING = stretch(
    before="#include <unistd.h>\n"
           "static volatile const char mark[16] = \"which-generation\";"
           "static volatile long own[%d], shared;"
           "static PyObject *count(PyObject *m, PyObject *arg)"
           "{ long which = PyLong_AsLong(arg);"
           "  Py_BEGIN_ALLOW_THREADS"
           # so that a save finds a call between its two writes
           "  own[which]++; usleep(20); own[which]++;"
           "  Py_END_ALLOW_THREADS"
           "  return PyLong_FromLong(mark[15]); }"
           "static PyObject *race(PyObject *m, PyObject *arg)"
           "{ Py_BEGIN_ALLOW_THREADS"
           # so that the threads are in it together
           "  for (int i = 0; i < 100; i++) { shared++; usleep(20); }"
           "  Py_END_ALLOW_THREADS"
           "  Py_INCREF(arg); return arg; }"
           "static PyObject *counted(PyObject *m, PyObject *which)"
           "{ return PyLong_FromLong(own[PyLong_AsLong(which)]); }" % THREADS,
    methods='{"count", count, METH_O, NULL}, {"race", race, METH_O, NULL},'
            '{"counted", counted, METH_O, NULL},')

COUNT = """
import threading
stop, counts = threading.Event(), [0] * %d
def call(which):
    n = 0
    while not stop.is_set():
        hot.%s(which)
        n += 1
    counts[which] = n
threads = [threading.Thread(target=call, args=(n,)) for n in range(%d)]
for t in threads:
    t.start()
"""


def test_sixteen_threads_lose_no_write_of_a_variable(thread_bed):
    bed = thread_bed
    bed.flags = sanitizers.flags("thread")
    order = generations(bed, COUNTING)
    app, peer = bed.start("hot")
    app.do(COUNT % (THREADS, "count", THREADS))
    for n in range(2, SWAPS + 2):
        swap_in_time(bed, peer, order(n))  # a file tells what was in it
    app.do("stop.set(); [t.join() for t in threads]")
    assert app.ask("min(counts)") > 0
    assert app.ask("[hot.counted(n) - 2 * counts[n] for n in range(%d)]"
                   % THREADS) == [0] * THREADS
    assert app.end() == 0


# -- that a race is reported --------------------------------------------------

RACY = pathlib.Path(__file__).parents[1] / "racy.c"


@pytest.fixture
def racy_bed(lay):
    """Its engine copies variables while calls write them."""
    return lay("thread", [str(RACY), "-Wl,--wrap=stub_calls"])


def report(bed):
    """What ThreadSanitizer wrote before it ended the app."""
    return "".join(path.read_text() for path in bed.folder.glob("tsan.*"))


def listen(bed):
    bed.flags = sanitizers.flags("thread")
    bed.env["TSAN_OPTIONS"] += ":log_path=%s" % (bed.folder / "tsan")


def test_a_race_of_the_engines_is_reported(racy_bed):
    bed = racy_bed
    listen(bed)
    order = generations(bed, COUNTING)
    app, peer = bed.start("hot")
    app.do(COUNT % (THREADS, "count", THREADS))
    with pytest.raises((AssertionError, OSError)):
        for n in range(2, 1000):
            swap_in_time(bed, peer, order(n))
    assert app.process.wait(60) == 66
    assert "data race" in report(bed) and "carry_store" in report(bed)


def test_a_race_of_the_modules_is_reported(thread_bed):
    bed = thread_bed
    listen(bed)
    generations(bed, COUNTING)
    app, _ = bed.start("hot")
    app.start(COUNT % (THREADS, "race", THREADS))
    assert app.process.wait(60) == 66
    assert "data race" in report(bed) and "in race" in report(bed)
