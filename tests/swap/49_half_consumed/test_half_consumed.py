"""Case 49: an iterator in C that is half consumed ends on old or new code,
never on memory that is gone."""
from bed import stretch

UNLOADS = True

COUNTER = r"""
typedef struct { PyObject_HEAD long at; } Counter;
static PyObject *step(PyObject *o)
{
    Counter *c = (Counter *)o;
    if (c->at >= 1000) return NULL;
    return PyLong_FromLong(c->at += %(by)d);
}
static void drop(PyObject *o)
{ PyTypeObject *t = Py_TYPE(o); t->tp_free(o); Py_DECREF(t); }
static PyType_Slot counter_slots[] = {
    {Py_tp_iter, PyObject_SelfIter}, {Py_tp_iternext, step},
    {Py_tp_dealloc, drop}, {0, NULL}};
static PyType_Spec counter_spec = {
    "hot.Counter", sizeof(Counter), 0, Py_TPFLAGS_DEFAULT, counter_slots};
static PyObject *state(PyObject *self, PyObject *unused)
{ return PyLong_FromLong(%(by)d); }
static PyMethodDef loose = {"loose", state, METH_NOARGS, NULL};
/* calls a function that is nobody's but the image's, until it returns 0 */
static PyObject *calls(PyObject *m, PyObject *unused)
{
    PyObject *call = PyCFunction_New(&loose, NULL);
    PyObject *zero = PyLong_FromLong(0);
    PyObject *iter = PyCallIter_New(call, zero);
    Py_DECREF(call);
    Py_DECREF(zero);
    return iter;
}
"""


# What earlier calls left on the stack and in freed memory is written over.
CHURN = """
def churn(depth=40):
    rooms = [bytes(n) for n in range(0, 512, 8) for _ in range(20)]
    if depth > 0:
        return sorted([1], key=lambda _: churn(depth - 1) or 0)
churn()
"""


def counting(by):
    return stretch(
        before=COUNTER % {"by": by},
        methods='{"calls", calls, METH_NOARGS, NULL},',
        exec="PyObject *t = PyType_FromSpec(&counter_spec);"
             'if (!t || PyModule_AddObject(m, "Counter", t) < 0) return -1;')


def test_an_iterator_goes_on_through_swaps_and_unloading(bed):
    bed.module("hot", counting(1))
    app, peer = bed.start("hot")
    app.do("""
counter, calls = hot.Counter(), hot.calls()
def generate():
    for value in counter:
        yield value
half = generate()
first = [next(half) for _ in range(3)]
made = next(calls)
""")
    assert app.ask("first, made") == ([1, 2, 3], 1)
    bed.swap(peer, bed.order("hot", counting(10)))
    assert app.ask("[next(half) for _ in range(2)]") == [13, 23]
    bed.swap(peer, bed.order("hot", counting(100)))
    peer.await_kept(1, "points at its data")  # `loose`
    assert app.ask("next(half), next(calls)") == (123, 1)
    assert app.ask("sum(1 for _ in half)") == 9
    app.do("del calls\n" + CHURN)
    peer.await_retired(1)
    assert app.ask("list(half), list(counter)") == ([], [])
    assert app.end() == 0
