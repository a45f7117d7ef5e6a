"""A module with a heap type whose parts can be edited."""
from bed import stretch


def point(norm="self->x", fields="long x;", methods="", getset="", slots="",
          members="", repr_text="old", doc="A point.", flags="", extra="",
          exec_before="", before_type="", after=""):
    """A module with a heap type Point, whose parts can be edited."""
    before = r"""
#include <structmember.h>
%(before_type)s
typedef struct { PyObject_HEAD %(fields)s } Point;
static PyObject *norm(Point *self, PyObject *u)
{ return PyLong_FromLong(%(norm)s); }
static PyObject *sized(Point *self, PyObject *u)
{ return PyLong_FromLong((long)self->x * 10); }
static PyObject *get_x(Point *self, void *c)
{ return PyLong_FromLong(self->x + (long)(size_t)c); }
static int set_x(Point *self, PyObject *v, void *c)
{ self->x = PyLong_AsLong(v); return PyErr_Occurred() ? -1 : 0; }
static PyObject *repr(Point *self)
{ return PyUnicode_FromFormat("%(repr_text)s(%%ld)", (long)self->x); }
static int init(Point *self, PyObject *args, PyObject *kw)
{ long x = 1; if (!PyArg_ParseTuple(args, "|l", &x)) return -1;
  self->x = x; return 0; }
static void dealloc(PyObject *self)
{ PyTypeObject *t = Py_TYPE(self); t->tp_free(self); Py_DECREF(t); }
%(extra)s
static PyMethodDef point_methods[] = {
    {"norm", (PyCFunction)norm, METH_NOARGS, NULL}, %(methods)s {0}};
static PyGetSetDef point_getset[] = {
    {"x", (getter)get_x, (setter)set_x, "The x.", (void *)0},
    %(getset)s {0}};
static PyMemberDef point_members[] = {%(members)s {0}};
static PyType_Slot point_slots[] = {
    {Py_tp_methods, point_methods}, {Py_tp_getset, point_getset},
    {Py_tp_members, point_members}, {Py_tp_repr, repr}, {Py_tp_init, init},
    {Py_tp_new, PyType_GenericNew}, {Py_tp_dealloc, dealloc},
    {Py_tp_doc, "%(doc)s"}, %(slots)s {0, 0}};
static PyType_Spec point_spec = {
    "hot.Point", sizeof(Point), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE %(flags)s, point_slots};
""" % locals()
    return stretch(before=before, exec=exec_before + """
    PyObject *type = PyType_FromModuleAndSpec(m, &point_spec, NULL);
    if (type == NULL || PyModule_AddObject(m, "Point", type) < 0) {
        Py_XDECREF(type);
        return -1;
    }
    """ + after)


SEEN = ("p.norm(), bound(), repr(p), p.x, q.norm(), repr(q), "
        "type(p) is hot.Point, isinstance(q, hot.Point), "
        "hot.Point.norm(p), hot.Point is kept")


def start(bed, **parts):
    """(app, peer) with a Point `p`, `q` of a subclass, and warm calls; SEEN
    is what they show."""
    bed.module("hot", point(**parts))
    app, peer = bed.start("hot")
    app.do("""
kept = hot.Point
class Sub(hot.Point):
    def norm(self):
        return super().norm()
p, q = hot.Point(3), Sub(4)
bound = p.norm
def hot_loop():
    for _ in range(1000):
        p.norm(); q.norm(); p.x
hot_loop()
""")
    assert app.ask(SEEN) == (3, 3, "old(3)", 3, 4, "old(4)", True, True, 3,
                             True)
    return app, peer
