"""Code that an init writes into its types by hand: `type->tp_vectorcall =`,
as real modules do. It goes live with the rest of the save and not before."""
import pytest

from bed import FAILED, stretch

POINT = r"""
typedef struct { PyObject_HEAD long x; } Point;
static PyTypeObject *point_type;
static PyObject *made(PyTypeObject *t, long x)
{
    Point *p = (Point *)t->tp_alloc(t, 0);
    if (p != NULL) { p->x = x; }
    return (PyObject *)p;
}
static PyObject *fresh(PyTypeObject *t, PyObject *a, PyObject *k)
{ (void)a; (void)k; return made(t, -1); }
static PyObject *called(PyObject *t, PyObject *const *args, size_t n,
                        PyObject *names)
{ (void)args; (void)n; (void)names; return made((PyTypeObject *)t, %(n)d); }
static PyObject *shown(PyObject *o)
{ return PyUnicode_FromFormat("%%ld in %(n)d", ((Point *)o)->x); }
static PyObject *plus(PyObject *a, PyObject *b)
{ (void)a; (void)b; return PyLong_FromLong(10 * %(n)d); }
static void drop(PyObject *o)
{ PyTypeObject *t = Py_TYPE(o); t->tp_free(o); Py_DECREF(t); }
static PyType_Slot point_slots[] = {
    {Py_tp_new, fresh}, {Py_tp_dealloc, drop}, {0, NULL}};
static PyType_Spec point_spec = {
    "hot.Point", sizeof(Point), 0, Py_TPFLAGS_DEFAULT, point_slots};
"""
MAKE = ('PyObject *t = PyType_FromSpec(&point_spec);'
        'if (!t) return -1; PyTypeObject *p = (PyTypeObject *)t; (void)p;'
        '%s if (PyModule_AddObject(m, "Point", t) < 0) return -1; %s')
WRITES = ("p->tp_vectorcall = called; p->tp_repr = shown;"
          "((PyHeapTypeObject *)p)->as_number.nb_add = plus;")
FAILS = 'PyErr_SetString(PyExc_ValueError, "no"); return -1;'
QUIET = ["-O2", "-Wno-unused-function"]
ASKED = "repr(hot.Point()), kept + kept, type(kept) is hot.Point"


def point(n, writes=WRITES, end=""):
    return stretch(before=POINT % {"n": n}, exec=MAKE % (writes, end))


@pytest.fixture
def begun(bed):
    return begin(bed)


@pytest.fixture
def begun_plainly(plain_bed):
    """ASan notes who allocates, for ever: that are frames of an image."""
    return begin(plain_bed)


def begin(bed):
    bed.flags = QUIET
    bed.module("hot", point(1))
    app, peer = bed.start("hot")
    app.do("kept = hot.Point()")
    assert app.ask(ASKED) == ("1 in 1", 10, True)
    return bed, app, peer


def test_what_an_init_writes_into_its_type_is_swapped_with_the_rest(begun):
    bed, app, peer = begun
    for n in (2, 3, 4):
        bed.swap(peer, bed.order("hot", point(n)))
        assert app.ask(ASKED) == ("%d in %d" % (n, n), 10 * n, True)


def test_images_go_whose_init_has_written_into_its_type(begun_plainly):
    bed, app, peer = begun_plainly
    bed.refuse(peer, bed.order("hot", point(2, end=FAILS)))
    peer.await_retired(1)
    bed.swap(peer, bed.order("hot", point(3)))
    bed.swap(peer, bed.order("hot", point(4)))
    peer.await_retired(3)
    assert app.ask(ASKED) == ("4 in 4", 40, True)


def test_what_an_init_writes_into_its_type_is_not_live_before_its_swap(begun):
    bed, app, peer = begun
    done = bed.refuse(peer, bed.order("hot", point(2, end=FAILS)))
    assert done.verdict == FAILED and "no" in done.reason
    assert app.ask(ASKED) == ("1 in 1", 10, True)
    bed.swap(peer, bed.order("hot", point(4)))
    assert app.ask(ASKED) == ("4 in 4", 40, True)


def test_a_type_that_is_written_no_more_is_called_as_its_slots_say(begun):
    bed, app, peer = begun
    bed.swap(peer, bed.order("hot", point(
        2, writes="p->tp_repr = shown;")))
    assert app.ask("repr(hot.Point())") == "-1 in 2"
    bed.swap(peer, bed.order("hot", point(3)))
    assert app.ask(ASKED) == ("3 in 3", 30, True)


def test_a_write_that_a_save_adds_goes_live(bed):
    bed.flags = QUIET
    bed.module("hot", point(1, writes=""))
    app, peer = bed.start("hot")
    app.do("kept = hot.Point(); look = repr(kept)")
    assert app.ask("look.startswith('<hot.Point object')")
    bed.swap(peer, bed.order("hot", point(2)))
    assert app.ask(ASKED) == ("2 in 2", 20, True)
