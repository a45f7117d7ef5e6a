"""Case 54: a C library holds a callback of an old image: it fires safely, and
the image stays for as long as the library has it."""
import pytest

from bed import FAILED, cc, stretch

UNLOADS = True  # see conftest.py

KEEPER = """
static long (*kept)(long);
void keep(long (*callback)(long)) { kept = callback; }
long fire(long x) { return kept ? kept(x) : -1; }
"""


def keeping(n, more=""):
    return stretch(
        before="void keep(long (*)(long)); long fire(long);"
               "static long called(long x) { return x * 10 + %d; }"
               "static PyObject *begin(PyObject *m, PyObject *u)"
               "{ keep(called); Py_RETURN_NONE; }"
               "static PyObject *end(PyObject *m, PyObject *u)"
               "{ keep(NULL); Py_RETURN_NONE; }"
               "static PyObject *ask(PyObject *m, PyObject *x)"
               "{ return PyLong_FromLong(fire(PyLong_AsLong(x))); }" % n,
        methods='{"begin", begin, METH_NOARGS, NULL},'
                '{"end", end, METH_NOARGS, NULL}, {"ask", ask, METH_O, NULL},',
        exec=more)


@pytest.fixture
def flags(bed):
    library = bed.folder / "libkeeper.so"
    source = bed.folder / "keeper.c"
    source.write_text(KEEPER)
    cc(library, [source], "-O1")
    return ("-O1", "-Wl,--no-as-needed", str(library), "-Wl,-rpath,%s" % bed.folder)


def test_a_callback_that_a_library_holds_fires_after_the_swap(bed, flags):
    bed.module("hot", keeping(1), *flags)
    app, peer = bed.start("hot")
    app.do("hot.begin()")
    bed.swap(peer, bed.order("hot", keeping(2), *flags))
    assert app.ask("hot.ask(7)") == 71  # what it was given
    peer.await_kept(1, "points at its code")
    app.do("hot.begin()")
    assert app.ask("hot.ask(7)") == 72
    peer.await_retired(1)
    assert app.ask("hot.ask(7)") == 72


def test_a_callback_of_an_init_that_failed_fires_safely(bed, flags):
    bed.module("hot", keeping(1), *flags)
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", keeping(
        2, 'keep(called); PyErr_SetString(PyExc_OSError, "no"); return -1;'),
        *flags))
    assert done.verdict == FAILED
    peer.await_kept(2, "points at its code")
    assert app.ask("hot.ask(7)") == 72
    app.do("hot.end()")
    peer.await_retired(1)
    assert app.ask("hot.ask(7)") == -1


SORT = """
static PyObject *asked;
static int compare(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    PyObject *r = PyObject_CallFunction(asked, "ll", x, y);
    Py_XDECREF(r);
    return %s;
}
static PyObject *sort(PyObject *m, PyObject *f)
{
    long all[] = {3, 1, 4, 1, 5, 9, 2, 6};
    PyObject *before = asked;
    asked = f;
    qsort(all, 8, sizeof(*all), compare);
    asked = before;
    return Py_BuildValue("llllllll", all[0], all[1], all[2], all[3], all[4],
                         all[5], all[6], all[7]);
}
"""


def sorting(order):
    return stretch(before="#include <stdlib.h>\n" + SORT % order,
                   methods='{"sort", sort, METH_O, NULL},')


def test_a_sort_ends_on_the_comparison_it_began_with(bed):
    """Its variable is in use meanwhile, so the save waits for its end."""
    up, down = "(x > y) - (x < y)", "(x < y) - (x > y)"
    bed.module("hot", sorting(up))
    app, peer = bed.start("hot")
    app.do("import threading; began, go = threading.Event(), "
           "threading.Event(); found = []\n"
           "def ask(x, y):\n    began.set(); go.wait()\n"
           "t = threading.Thread(target=lambda: found.append(hot.sort(ask)))\n"
           "t.start(); began.wait()")
    done = bed.refuse(peer, bed.order("hot", sorting(down)))
    assert "call in flight in hot.sort()" in done.reason
    app.do("go.set(); t.join()")
    assert app.ask("found") == [(1, 1, 2, 3, 4, 5, 6, 9)]
    peer.await_drained("hot")
    bed.swap(peer, bed.order("hot", sorting(down)))
    assert app.ask("hot.sort(ask)") == (9, 6, 5, 4, 3, 2, 1, 1)
    peer.await_retired(1)
