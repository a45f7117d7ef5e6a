"""50. Calls that run on without the GIL: new calls run new code, the old image
stays as long as it is needed, and nothing that they write is lost."""
import pytest

from bed import BUSY, READY, returning, stretch
from busy import swap_in_time
from tiers import each_tier

UNLOADS = True  # see conftest.py

NAP = """
#include <unistd.h>
#include <poll.h>
static PyObject *
nap(PyObject *m, PyObject *fd)
{
    struct pollfd p = {.fd = (int)PyLong_AsLong(fd), .events = POLLIN};
    Py_BEGIN_ALLOW_THREADS
    poll(&p, 1, -1);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(%d);
}
"""


def nap(answer):
    return stretch(before=NAP % answer,
                   methods='{"nap", nap, METH_O, NULL},')


IN_A_THREAD = """
import os, threading
ends = os.pipe()
answers = []
def nap():
    answers.append(hot.nap(ends[0]))
sleeper = threading.Thread(target=nap)
sleeper.start()
"""


@each_tier
def test_new_calls_run_new_code_while_an_old_one_sleeps(bed, tier):
    bed.module("hot", nap(1), compiler=tier)
    app, peer = bed.start("hot")
    app.do(IN_A_THREAD)
    bed.swap(peer, bed.order("hot", nap(2), compiler=tier))
    app.do("others = os.pipe(); os.write(others[1], b'.')")
    assert app.ask("hot.nap(others[0])") == 2
    peer.await_kept(1, "in flight")
    app.do("os.write(ends[1], b'.'); sleeper.join()")
    assert app.ask("answers") == [1]
    peer.await_retired(1)


BY_DEFINITION = """
#include <unistd.h>
#include <poll.h>
static struct PyModuleDef def;
static PyObject *
plus(PyObject *a, PyObject *fd)
{
    struct pollfd p = {.fd = (int)PyLong_AsLong(fd), .events = POLLIN};
    Py_BEGIN_ALLOW_THREADS
    poll(&p, 1, -1);
    Py_END_ALLOW_THREADS
    PyObject *m = PyType_GetModuleByDef(Py_TYPE(a), &def);
    return m == NULL ? NULL : Py_BuildValue("Oi", m, %d);
}
static PyType_Slot slots_of_type[] = {{Py_nb_add, plus}, {0, NULL}};
static PyType_Spec spec = {
    "hot.Nap", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots_of_type};
"""


def by_definition(answer):
    return stretch(
        before=BY_DEFINITION % answer,
        exec='PyObject *t = PyType_FromModuleAndSpec(m, &spec, NULL);'
             'return t == NULL ? -1 : PyModule_AddObject(m, "Nap", t);')


@each_tier
def test_a_call_in_flight_finds_its_module_after_a_swap(bed, tier):
    if bed.facts.version < (3, 11):
        pytest.skip("PyType_GetModuleByDef is CPython 3.11's")
    bed.module("hot", by_definition(1), compiler=tier)
    app, peer = bed.start("hot")
    app.do(IN_A_THREAD.replace("hot.nap(ends[0])", "hot.Nap() + ends[0]"))
    bed.swap(peer, bed.order("hot", by_definition(2), compiler=tier))
    app.do("os.write(ends[1], b'.'); sleeper.join()")
    assert app.ask("answers == [(hot, 1)], hot.Nap() + ends[0] == (hot, 2)"
                   ) == (True, True)


GROW = """
#include <stdatomic.h>
#include <time.h>
static atomic_long count;
static atomic_int should_stop;
static void
rest(void)
{
    struct timespec t = {0, 20000};
    /* # a call takes a while; nothing is right because of it */
    nanosleep(&t, NULL);
}
static PyObject *
grow(PyObject *m, PyObject *u)
{
    long grown = 0;
    Py_BEGIN_ALLOW_THREADS
    while (!should_stop) {
        count++;
        grown++;
        rest();
    }
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(grown);
}
static PyObject *
add(PyObject *m, PyObject *u)
{
    Py_BEGIN_ALLOW_THREADS
    count++;
    rest();
    rest();
    count++;
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(%d);
}
static PyObject *
stop(PyObject *m, PyObject *u)
{
    should_stop = 1;
    Py_RETURN_NONE;
}
static PyObject *
total(PyObject *m, PyObject *u)
{
    return PyLong_FromLong(count);
}
"""


# tcc has no <stdatomic.h> for what it links without its own library
def grow(answer, plain):
    code = GROW % answer
    if plain:
        code = code.replace("#include <stdatomic.h>\n", "").replace(
            "atomic_long", "volatile long").replace("atomic_int",
                                                    "volatile int")
    return stretch(before=code, methods="".join(
        '{"%s", %s, METH_NOARGS, NULL},' % (name, name)
        for name in ("grow", "add", "stop", "total")))


@each_tier
def test_a_call_that_writes_throughout_loses_nothing(bed, tier):
    """The swap is put off, and that is said; other modules are not."""
    bed.module("hot", grow(1, True), compiler=tier)
    bed.module("cold", returning(1, name="answer").replace("hot", "cold"))
    app, peer = bed.start("hot", "cold")
    app.do("import threading; grown = []\n"
           "grower = threading.Thread("
           "target=lambda: grown.append(hot.grow()))\n"
           "grower.start()\n"
           "while hot.total() < 3: pass")
    done = peer.prepare(100, [bed.order("hot", grow(2, True),
                                        compiler=tier)])
    assert (done.verdict, done.reason, done.culprit) == (
        BUSY, "waits for a call in flight in hot.grow()", "hot")
    assert app.ask("hot.add()") == 1
    bed.swap(peer, bed.order("cold", returning(2, name="answer").replace(
        "hot", "cold")))
    assert app.ask("cold.answer()") == 2
    app.do("hot.stop(); grower.join()")
    peer.await_drained("hot")
    bed.swap(peer, bed.order("hot", grow(2, True), compiler=tier))
    assert app.ask("hot.total() == grown[0] + 2, hot.add()") == (True, 2)


def test_swaps_between_calls_on_four_threads_lose_no_increment(bed):
    """There is never an instant without a call, unless some are held up."""
    bed.module("hot", grow(0, False))
    app, peer = bed.start("hot")
    app.do("import threading; calls = []; over = []\n"
           "def work():\n"
           "    while not over: hot.add(); calls.append(2)\n"
           "threads = [threading.Thread(target=work) for _ in range(4)]\n"
           "[t.start() for t in threads]")
    for n in range(1, 11):
        swap_in_time(bed, peer, bed.order("hot", grow(n, False)))
    app.do("over.append(1); [t.join() for t in threads]")
    assert app.ask("hot.total() == sum(calls), hot.add()") == (True, 10)


def test_a_fork_leaves_no_call_of_other_threads_in_the_child(bed):
    """They are not in it; what the child was forked from is."""
    bed.module("hot", grow(1, False))
    app, peer = bed.start("hot")
    app.do("import os, threading\n"
           "grower = threading.Thread(target=hot.grow)\n"
           "grower.start()\n"
           "while hot.total() < 3: pass\n"
           "ends = os.pipe()\n"
           "child = os.fork()\n"
           "if child == 0:\n"
           "    os.read(ends[0], 1)\n"
           "    os._exit(hot.add())")
    forked = bed.accept()
    order = bed.order("hot", grow(2, False))
    assert forked.prepare(1, [order]).verdict == READY
    forked.commit(1)
    app.do("os.write(ends[1], b'.')\n"
           "status = os.waitpid(child, 0)[1]\n"
           "hot.stop(); grower.join()")
    assert app.ask("os.WEXITSTATUS(status)") == 2
