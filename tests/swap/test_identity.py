"""A module's own code that asks what function a type has in a slot."""
import platform

import pytest

from bed import stretch
from tiers import each_tier

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64",
                                reason="code is turned on x86-64 alone")

POINT = r"""
typedef struct { PyObject_HEAD long x; } Point;
static int begin(PyObject *o, PyObject *a, PyObject *k)
{ (void)a; (void)k; ((Point *)o)->x = %(n)d; return 0; }
static PyObject *shown(PyObject *o)
{ return PyUnicode_FromFormat("%%ld in %(n)d", ((Point *)o)->x); }
static Py_hash_t hashed(PyObject *o) { (void)o; return %(n)d; }
static void drop(PyObject *o)
{ PyTypeObject *t = Py_TYPE(o); t->tp_free(o); Py_DECREF(t); }
static PyObject *asked(PyObject *o, PyObject *u)
{
    (void)u;
    PyTypeObject *t = Py_TYPE(o);
    return Py_BuildValue("(iiii)", t->tp_init == begin, t->tp_repr == shown,
                         t->tp_hash == hashed, t->tp_dealloc == drop);
}
static PyObject *begun(PyObject *o, PyObject *u)
{
    initproc chosen = begin;
    (void)u;
    if (chosen(o, NULL, NULL) < 0) return NULL;
    return PyLong_FromLong(((Point *)o)->x);
}
static PyMethodDef point_methods[] = {
    {"asked", asked, METH_NOARGS, NULL}, {"begun", begun, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot point_slots[] = {
    {Py_tp_init, begin}, {Py_tp_repr, shown}, {Py_tp_dealloc, drop},
    {Py_tp_methods, point_methods}, {0, NULL}};
static PyType_Spec point_spec = {
    "hot.Point", sizeof(Point), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, point_slots};
static PyType_Slot other_slots[] = {
    {Py_tp_init, begin}, {Py_tp_dealloc, drop}, {0, NULL}};
static PyType_Spec other_spec = {
    "hot.Other", sizeof(Point), 0, Py_TPFLAGS_DEFAULT, %(other)s};
"""
MAKE = ('PyObject *t = PyType_FromSpec(&point_spec);'
        'PyObject *o = PyType_FromSpec(&other_spec);'
        'if (!t || !o) return -1; ((PyTypeObject *)t)->tp_hash = hashed;'
        'if (PyModule_AddObject(m, "Point", t) < 0'
        ' || PyModule_AddObject(m, "Other", o) < 0) return -1;')
APART = "other_slots + 2"
SETUP = ("class Sub(hot.Point): pass\n"
         "class Own(hot.Point):\n    def __init__(self): pass\n"
         "p, s, o = hot.Point(), Sub(), Own()")
ASKED = "p.asked(), s.asked(), o.asked(), p.begun(), repr(p)"


def point(n, other=APART):
    return stretch(before=POINT % {"n": n, "other": other}, exec=MAKE)


def is_as_without_us(n):
    """A class that Python makes has its own dealloc, and object's hash."""
    return ((1, 1, 1, 1), (1, 1, 0, 0), (0, 1, 0, 0), n, "%d in %d" % (n, n))


@each_tier
def test_a_slot_holds_what_the_code_has_put_there(bed, tier):
    bed.module("hot", point(1), compiler=tier)
    app, peer = bed.start("hot")
    app.do(SETUP)
    assert app.ask(ASKED) == is_as_without_us(1)
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", point(n), compiler=tier))
        assert app.ask(ASKED) == is_as_without_us(n)


def test_a_function_of_two_types_is_called_where_both_have_it(bed):
    bed.flags = ["-Wno-unused-variable"]
    bed.module("hot", point(1, "other_slots"))
    app, peer = bed.start("hot")
    app.do(SETUP + "\nother = hot.Other()")
    assert app.ask("p.begun(), repr(p)") == (1, "1 in 1")
    bed.swap(peer, bed.order("hot", point(2, "other_slots")))
    assert app.ask("p.begun(), repr(p)") == (2, "2 in 2")
    app.do("del other")


def test_images_go_whose_code_was_turned(plain_bed):
    bed = plain_bed
    bed.module("hot", point(1))
    app, peer = bed.start("hot")
    for n in (2, 3, 4):
        bed.swap(peer, bed.order("hot", point(n)))
    peer.await_retired(3)
    assert app.ask("hot.Point().asked()") == (1, 1, 1, 1)
