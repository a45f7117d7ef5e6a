"""51. Old code calls back into Python, and its own module is swapped there."""
from bed import BUSY, stretch
from tiers import each_tier

UNLOADS = True  # see conftest.py

CALL = """
%s
static PyObject *
call(PyObject *m, PyObject *f)
{
    PyObject *made = PyObject_CallNoArgs(f);
    if (made == NULL) {
        return NULL;
    }
    Py_DECREF(made);
    return PyLong_FromLong(%d);
}
static PyObject *
answer(PyObject *m, PyObject *u)
{
    return PyLong_FromLong(%d);
}
"""
METHODS = ('{"call", call, METH_O, NULL},'
           '{"answer", answer, METH_NOARGS, NULL},')
BACK = ("import threading\n"
        "inside, go_on, answers = threading.Event(), threading.Event(), []\n"
        "def back():\n"
        "    inside.set(); go_on.wait(); answers.append(hot.answer())\n"
        "caller = threading.Thread("
        "target=lambda: answers.append(hot.call(back)))\n"
        "caller.start(); inside.wait()")


def module(n, statics=""):
    use = "count++" if statics else "0"
    return stretch(before=(CALL % (statics, n, n)).replace(
        "    Py_DECREF(made);", "    Py_DECREF(made);\n    (void)(%s);" % use),
        methods=METHODS)


@each_tier
def test_the_call_returns_into_its_own_code(bed, tier):
    bed.module("hot", module(1), compiler=tier)
    app, peer = bed.start("hot")
    app.do(BACK)
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", module(n), compiler=tier))
        assert app.ask("hot.answer()") == n
    peer.await_kept(1, "in flight")
    app.do("go_on.set(); caller.join()")
    assert app.ask("answers") == [3, 1]
    peer.await_retired(2)


@each_tier
def test_with_variables_it_waits_for_the_call_and_not_for_ever(bed, tier):
    statics = "static volatile long count;"
    bed.module("hot", module(1, statics), compiler=tier)
    app, peer = bed.start("hot")
    app.do(BACK)
    done = peer.prepare(1, [bed.order("hot", module(2, statics),
                                      compiler=tier)])
    assert (done.verdict, done.reason) == (
        BUSY, "waits for a call in flight in hot.call()")
    assert app.ask("hot.answer()") == 1
    app.do("go_on.set(); caller.join()")
    assert app.ask("answers") == [1, 1]
    peer.await_drained("hot")
    bed.swap(peer, bed.order("hot", module(2, statics), compiler=tier))
    assert app.ask("hot.answer()") == 2
