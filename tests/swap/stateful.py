"""A module with a state whose struct and hooks can be edited."""
from bed import RUNTIME, stretch

FLAGS = ["-g", "-DCB_IS_HOT", "-I%s" % (RUNTIME / "include")]


def stateful(fields="long count;", step=1, first=10, hook="", init="",
             visit="", clear="", extra="", methods="", name="hot"):
    """count() counts in the state, where() is the state's address; `visit`
    and `clear` are statements about `s`."""
    return stretch(
        name=name, size="sizeof(State)",
        before="""
#include <cowbird.h>
#include <stdlib.h>
#include <string.h>
typedef struct { %(fields)s } State;
static PyObject *count(PyObject *m, PyObject *u)
{
    State *s = PyModule_GetState(m);
    s->count += %(step)d;
    return PyLong_FromLongLong((long long)s->count);
}
static PyObject *where(PyObject *m, PyObject *u)
{
    return PyLong_FromVoidPtr(PyModule_GetState(m));
}
static int visit_state(PyObject *m, visitproc visit, void *arg)
{
    State *s = PyModule_GetState(m);
    (void)s;
    %(visit)s
    return 0;
}
static void free_state(void *m)
{
    State *s = PyModule_GetState(m);
    (void)s;
    %(clear)s
}
%(extra)s
%(hook)s
""" % locals(),
        methods='{"count", count, METH_NOARGS, NULL},'
                '{"where", where, METH_NOARGS, NULL},' + methods,
        exec="State *s = PyModule_GetState(m); s->count = %d; %s" % (first,
                                                                    init),
        free=".m_traverse = visit_state, .m_free = free_state")


def hook(body="", state="State"):
    return "CB_MIGRATE(%s, self, old)\n{\n%s\nreturn 0;\n}\n" % (state, body)


def start(bed, code):
    bed.flags = FLAGS
    bed.module("hot", code)
    return bed.start("hot")
