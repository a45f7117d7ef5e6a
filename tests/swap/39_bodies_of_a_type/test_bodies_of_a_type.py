"""Case 39: new bodies of methods, getters and slots under live instances."""
from points import SEEN, point, start

TAG = dict(
    extra="static PyObject *tag(PyObject *s, PyObject *t)"
    "{ return PyLong_FromUnsignedLong(((PyTypeObject *)t)->tp_version_tag); }"
    "static long ended; static PyObject *gone(PyObject *s, PyObject *u)"
    "{ return PyLong_FromLong(ended); }",
    methods='{"tag", tag, METH_O, NULL}, {"gone", gone, METH_NOARGS, NULL},')


def test_instances_and_subclasses_run_the_new_bodies_of_the_same_type(bed):
    app, peer = start(bed)
    tag = "sys.modules['hot'].Point.__flags__"
    app.do("import sys")
    flags = app.ask(tag)
    for n in (2, 3):
        done = bed.swap(peer, bed.order("hot", point(
            "self->x * %d" % n, repr_text="new%d" % n, doc="Doc %d." % n)))
        assert done.names == {"hot": [["Point.norm"], [], []]}
        app.do("hot_loop()")
        assert app.ask(SEEN) == (3 * n, 3 * n, "new%d(3)" % n, 3, 4 * n,
                                 "new%d(4)" % n, True, True, 3 * n, True)
        assert app.ask("kept.__doc__") == "Doc %d." % n
        assert app.ask(tag) == flags


def test_a_million_instances_take_it_without_a_version_tag(bed):
    app, peer = start(bed, **TAG)
    app.do("many = [hot.Point(n) for n in range(1000000)]")
    tags = app.ask("p.tag(kept), p.tag(Sub)")
    ended = '{ PyTypeObject *t = Py_TYPE(self); ended++; '
    for n in (2, 3):
        code = point("self->x * %d" % n, repr_text="n%d" % n,
                     **TAG)
        bed.swap(peer, bed.order("hot", code.replace(
            "{ PyTypeObject *t = Py_TYPE(self);", ended).replace(
            "static void dealloc", "static long ended;\nstatic void dealloc"
            ).replace("self->x + (long)(size_t)c", "-self->x")))
        assert app.ask("sum(o.norm() for o in many)") == n * 499999500000
        assert app.ask("repr(many[7]), many[7].x, q.norm()") == (
            "n%d(7)" % n, -7, 4 * n)
        assert app.ask("p.tag(kept), p.tag(Sub)") == tags
    assert app.ask("p.gone()") == 0
    app.do("del many")
    assert app.ask("p.gone()") == 1000000
