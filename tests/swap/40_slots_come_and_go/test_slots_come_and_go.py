"""Case 40: a slot added or removed is seen everywhere."""
import pytest

from bed import REFUSED, Raised
from points import point

PEOPLE = """
import hot
kept = hot.Point
class Sub(kept): pass
class Own(kept):
    def __len__(self): return 77
    def __bool__(self): return False
class Other:
    def __len__(self): return 55
class Both(kept, Other): pass
class Below(Sub): __slots__ = ("extra",)
p, s, o, b, w = kept(3), Sub(4), Own(5), Both(6), Below(7)
def truths():
    return ["yes" if x else "no" for x in (p, s, o, b, w)]
def lens():
    found = []
    for x in (p, s, o, b, w):
        try:
            found.append(len(x))
        except TypeError:
            found.append(None)
    return found
def warm(f):
    for _ in range(200):
        f()
warm(truths); warm(lens)
"""

LENGTH = dict(
    extra="static Py_ssize_t length(Point *s) { return s->x - %d; }",
    slots="{Py_sq_length, length},")


def with_length(less=0, **more):
    return point(extra=LENGTH["extra"] % less, slots=LENGTH["slots"], **more)


def start(bed, code):
    bed.module("hot", code)
    app, peer = bed.start("hot")
    app.do(PEOPLE)
    return app, peer


def test_a_length_is_seen_in_warm_truth_tests_and_subclasses(bed):
    app, peer = start(bed, point())
    none = ["yes", "yes", "no", "yes", "yes"]
    assert app.ask("truths(), lens()") == (none, [None, None, 77, 55, None])
    done = bed.swap(peer, bed.order("hot", with_length()))
    assert done.names["hot"] == [["Point.norm"], ["Point.__len__"], []]
    assert app.ask("lens()") == [3, 4, 77, 6, 7]
    bed.swap(peer, bed.order("hot", with_length(3)))
    assert app.ask("lens()") == [0, 1, 77, 3, 4]
    assert app.ask("truths()") == ["no", "yes", "no", "yes", "yes"]
    assert app.ask("[x.__len__() for x in (p, s, b)], kept.__len__(s)") == (
        [0, 1, 3], 1)
    app.do("held, unbound = s.__len__, kept.__len__; warm(truths)")
    done = bed.swap(peer, bed.order("hot", point()))
    assert done.names["hot"] == [["Point.norm"], [], ["Point.__len__"]]
    assert app.ask("truths(), lens()") == (none, [None, None, 77, 55, None])
    assert app.ask("hasattr(kept, '__len__'), hasattr(w, '__len__')") == (
        False, False)
    for gone in ("held()", "unbound(p)"):
        with pytest.raises(Raised) as caught:
            app.do(gone)
        assert caught.value.words == (
            "a slot of hot.Point was removed by the save of %s at 14:02:11"
            % bed.source("hot"))
    bed.swap(peer, bed.order("hot", with_length(1)))
    assert app.ask("lens(), held(), unbound(p)") == ([2, 3, 77, 5, 6], 3, 2)


def test_a_truth_value_comes_and_goes_in_a_warm_branch(bed):
    truth = dict(extra="static int truth(Point *s) { return s->x % 2; }",
                 slots="{Py_nb_bool, truth},")
    app, peer = start(bed, point())
    for _ in range(3):
        bed.swap(peer, bed.order("hot", point(**truth)))
        assert app.ask("truths()") == ["yes", "no", "no", "no", "yes"]
        app.do("warm(truths)")
        bed.swap(peer, bed.order("hot", point()))
        assert app.ask("truths()") == ["yes", "yes", "no", "yes", "yes"]
        app.do("warm(truths)")


BUFFER = dict(
    extra="static int give(Point *s, Py_buffer *view, int flags)"
          "{ return PyBuffer_FillInfo(view, (PyObject *)s, &s->x, 8, 1,"
          " flags); }",
    slots="{Py_bf_getbuffer, give},")


def test_a_buffer_a_call_and_an_iterator_come_and_go(bed):
    many = dict(
        extra=BUFFER["extra"] +
        "static PyObject *call(Point *s, PyObject *a, PyObject *k)"
        "{ return PyLong_FromLong(s->x * 100); }"
        "static PyObject *iter(PyObject *s) { Py_INCREF(s); return s; }"
        "static PyObject *next(Point *s)"
        "{ return s->x > 0 ? PyLong_FromLong(s->x--) : NULL; }"
        "static PyObject *at(Point *s, Py_ssize_t i)"
        "{ return PyLong_FromSsize_t(i + s->x); }"
        "static PyObject *both(PyObject *a, PyObject *b)"
        "{ return PyUnicode_FromString(\"sum\"); }",
        slots=BUFFER["slots"] + "{Py_tp_call, call}, {Py_tp_iter, iter},"
        "{Py_tp_iternext, next}, {Py_sq_item, at}, {Py_sq_concat, both},")
    app, peer = start(bed, point())
    app.do("""
def does():
    found = []
    for what in (lambda x: bytes(memoryview(x))[0], lambda x: x(),
                 lambda x: x[10], lambda x: x + x, lambda x: list(x)[:3],
                 callable):
        for x in (p, s, w):
            x.x = 2
            try:
                found.append(what(x))
            except TypeError:
                found.append("TypeError")
    return found
warm(does)
""")
    nothing = ["TypeError"] * 15 + [False] * 3
    all_there = [2] * 3 + [200] * 3 + [12] * 3 + ["sum"] * 3 + (
        [[2, 1]] * 3 + [True] * 3)
    assert app.ask("does()") == nothing
    for _ in range(2):
        bed.swap(peer, bed.order("hot", point(**many)))
        assert app.ask("does()") == all_there
        app.do("warm(does)")
        bed.swap(peer, bed.order("hot", point()))
        assert app.ask("does()") == nothing


def test_comparing_brings_and_takes_the_hash_as_in_a_fresh_import(bed):
    compare = dict(
        extra="static PyObject *compare(Point *a, Point *b, int op)"
        "{ if (Py_TYPE(a) != Py_TYPE(b)) Py_RETURN_NOTIMPLEMENTED;"
        "  Py_RETURN_RICHCOMPARE(a->x, b->x, op); }",
        slots="{Py_tp_richcompare, compare},")
    app, peer = start(bed, point())
    ask = ("kept(1) == kept(1), Sub(1) == Sub(1), kept(1) < kept(2), "
           "kept.__hash__ is None, Sub.__hash__ is None")
    app.do("d = {p: 'there'}; plain = kept.__hash__")
    bed.swap(peer, bed.order("hot", point(**compare)))
    assert app.ask(ask) == (True, True, True, True, True)
    with pytest.raises(Raised, match="unhashable"):
        app.do("hash(p)")
    bed.swap(peer, bed.order("hot", point(
        extra=compare["extra"] + "static Py_hash_t hash_of(Point *p)"
        "{ return p->x; }",
        slots=compare["slots"] + "{Py_tp_hash, hash_of},")))
    assert app.ask("hash(p), hash(s), {kept(8): 1}[kept(8)]") == (3, 4, 1)
    bed.swap(peer, bed.order("hot", point()))
    assert app.ask("kept(1) == kept(1), d[p], kept.__hash__ is plain") == (
        False, "there", True)


def test_what_the_app_has_put_in_a_slot_s_place_stays(bed):
    app, peer = start(bed, point())
    app.do("kept.__len__ = lambda self: 1000")
    assert app.ask("lens()") == [1000, 1000, 77, 1000, 1000]
    bed.swap(peer, bed.order("hot", with_length()))
    assert app.ask("lens()") == [1000, 1000, 77, 1000, 1000]
    bed.swap(peer, bed.order("hot", point()))
    assert app.ask("lens()") == [1000, 1000, 77, 1000, 1000]


def test_a_failed_init_leaves_no_slot_behind(bed):
    app, peer = start(bed, point())
    app.do("import gc; gc.collect()")
    for _ in range(5):
        bed.refuse(peer, bed.order("hot", with_length(
            after='PyErr_SetString(PyExc_OSError, "late"); return -1;')))
    assert app.ask("lens()") == [None, None, 77, 55, None]
    assert app.ask("[t.__name__ for t in object.__subclasses__()"
                   " if t.__name__ == 'Point']") == ["Point"]


def test_a_constructor_and_a_finalizer_come_and_go(bed):
    more = dict(
        extra="static PyObject *make(PyTypeObject *t, PyObject *a,"
        " PyObject *k) { PyObject *o = t->tp_alloc(t, 0);"
        " if (o) ((Point *)o)->x = 42; return o; }"
        "static long ended;"
        "static void finish(PyObject *o) { ended++; }"
        "static PyObject *count(PyObject *s, PyObject *u)"
        "{ return PyLong_FromLong(ended); }",
        slots="{Py_tp_finalize, finish},",
        methods='{"ended", count, METH_NOARGS, NULL},')
    plain = point(flags="| Py_TPFLAGS_HAVE_FINALIZE")
    new = point(flags="| Py_TPFLAGS_HAVE_FINALIZE", **more).replace(
        "{Py_tp_new, PyType_GenericNew}", "{Py_tp_new, make}").replace(
        "{ PyTypeObject *t = Py_TYPE(self);",
        "{ PyTypeObject *t = Py_TYPE(self);"
        " if (PyObject_CallFinalizerFromDealloc(self) < 0) return;").replace(
        "self->x = x; return 0;", "return 0;")
    app, peer = start(bed, plain)
    for _ in range(2):
        bed.swap(peer, bed.order("hot", new))
        assert app.ask("[t().x for t in (kept, Sub, Below)]") == [42] * 3
        assert app.ask("kept.__new__(Sub).x") == 42
        before = app.ask("p.ended()")
        app.do("one = kept(); del one")
        assert app.ask("p.ended()") == before + 1
        bed.swap(peer, bed.order("hot", plain))
        assert app.ask("[t(6).x for t in (kept, Sub, Below)]") == [6] * 3


def test_a_defining_class_comes_and_goes_and_held_methods_are_named(bed):
    bare = dict(extra="static PyObject *f(PyObject *s, PyObject *const *a,"
                " Py_ssize_t n, PyObject *k) { return Py_BuildValue(\"n\","
                " n); }",
                methods='{"f", (PyCFunction)(void *)f, '
                        'METH_FASTCALL | METH_KEYWORDS, NULL},')
    with_class = dict(
        extra="static PyObject *f(PyObject *s, PyTypeObject *c,"
        " PyObject *const *a, Py_ssize_t n, PyObject *k)"
        "{ return Py_BuildValue(\"sn\", c->tp_name, n); }",
        methods='{"f", (PyCFunction)(void *)f, '
                'METH_METHOD | METH_FASTCALL | METH_KEYWORDS, NULL},')
    app, peer = start(bed, point(**bare))
    app.do("""
unbound = kept.f
def loop():
    for _ in range(300):
        r = (p.f(1), s.f(1, 2), unbound(p, 5))
    return r
loop()
""")
    for _ in range(2):
        bed.swap(peer, bed.order("hot", point(**with_class)))
        assert app.ask("loop()") == (("hot.Point", 1), ("hot.Point", 2),
                                     ("hot.Point", 1))
        app.do("wide = s.f")
        if bed.facts.version >= (3, 14):
            # it would be freed as one without a class
            done = bed.refuse(peer, bed.order("hot", point(**bare)))
            assert (done.verdict, done.reason) == (
                REFUSED, "Point.f() would no longer take its defining class "
                "(METH_METHOD), and 1 bound method with one is held: let go "
                "of it, or restart the app")
            app.do("wide = None")
        bed.swap(peer, bed.order("hot", point(**bare)))
        assert app.ask("loop(), wide is None or wide(1, 2, 3) == 3") == (
            (1, 2, 1), True)
    app.do("del wide; narrow = [p.f, s.f]")
    done = bed.refuse(peer, bed.order("hot", point(**with_class)))
    assert (done.verdict, done.reason) == (
        REFUSED, "Point.f() would take its defining class (METH_METHOD), and "
        "2 bound methods without one are held: let go of them, or restart "
        "the app")
    app.do("del narrow")
    bed.swap(peer, bed.order("hot", point(**with_class)))
    assert app.ask("p.f(1)") == ("hot.Point", 1)
