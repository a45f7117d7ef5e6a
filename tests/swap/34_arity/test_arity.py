"""Case 34: the number of arguments changes while callers use the old: they
get a TypeError; docstring and signature show the new."""
from bed import stretch

TAKES = {
    0: ("METH_NOARGS", "($module, /)",
        "return PyLong_FromLong(0);"),
    1: ("METH_O", "($module, a, /)",
        "return PyLong_FromLong(PyLong_AsLong(a));"),
    2: ("METH_VARARGS", "($module, a, b, /)",
        'long x, y; if (!PyArg_ParseTuple(a, "ll:f", &x, &y)) return NULL;'
        "return PyLong_FromLong(x + y);"),
}


def taking(count):
    flags, signature, body = TAKES[count]
    return stretch(
        before="static PyObject *f(PyObject *m, PyObject *a) { %s }" % body,
        methods='{"f", f, %s, "f%s\\n--\\n\\nTakes %d."},'
                % (flags, signature, count))


def test_a_caller_with_the_old_arguments_gets_a_type_error(bed):
    bed.module("hot", taking(1))
    app, peer = bed.start("hot")
    app.do("""
import inspect
from hot import f
def call(n):
    try:
        return f(*range(1, n + 1))
    except TypeError:
        return "TypeError"
def site():  # warm, whatever becomes of it
    try:
        return f(7)
    except TypeError:
        return "TypeError"
[site() for _ in range(5000)]
""")
    for count in (2, 0, 1, 2, 1, 0):
        bed.swap(peer, bed.order("hot", taking(count)))
        wanted = ["TypeError"] * 3
        wanted[count] = sum(range(1, count + 1))
        assert app.ask("[call(n) for n in range(3)]") == wanted
        assert app.ask("site()") == (7 if count == 1 else "TypeError")
        assert app.ask("f.__doc__, len(inspect.signature(f).parameters)") == (
            "Takes %d." % count, count)
