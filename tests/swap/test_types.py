"""What a swap does to heap types and exceptions."""
import pytest

from bed import REFUSED, Raised, stretch
from points import SEEN, point, start


def test_methods_and_getters_come_and_go(bed):
    app, peer = start(bed)
    with_more = point(
        methods='{"sized", (PyCFunction)sized, METH_NOARGS, "Sized."},',
        getset='{"y", (getter)get_x, NULL, "The y.", (void *)7},')
    done = bed.swap(peer, bed.order("hot", with_more))
    assert done.names == {"hot": [["Point.norm"], ["Point.sized"], []]}
    assert app.ask("p.sized(), q.sized(), p.y, q.y, kept.sized.__doc__") == (
        30, 40, 10, 11, "Sized.")
    app.do("held, unbound = p.sized, kept.sized")
    done = bed.swap(peer, bed.order("hot", point("7")))
    assert done.names == {"hot": [["Point.norm"], [], ["Point.sized"]]}
    assert app.ask("hasattr(p, 'sized'), hasattr(q, 'y'), p.norm()") == (
        False, False, 7)
    with pytest.raises(Raised) as caught:
        app.do("held()")
    assert caught.value.words == (
        "hot.Point.sized() was removed by the save of %s at 14:02:11"
        % bed.source("hot"))
    bed.swap(peer, bed.order("hot", with_more))
    assert app.ask("held(), p.sized(), kept.sized is unbound, p.y") == (
        30, 30, True, 10)


def test_a_setter_and_a_closure_follow(bed):
    app, peer = start(bed)
    read_only = point().replace(
        '{"x", (getter)get_x, (setter)set_x, "The x.", (void *)0}',
        '{"x", (getter)get_x, NULL, "Only read.", (void *)100}')
    bed.swap(peer, bed.order("hot", read_only))
    assert app.ask("p.x, kept.x.__doc__") == (103, "Only read.")
    with pytest.raises(Raised, match="AttributeError"):
        app.do("p.x = 9")
    bed.swap(peer, bed.order("hot", point()))
    app.do("p.x = 9")
    assert app.ask("p.x") == 9


def test_a_method_s_convention_changes_in_descriptors_and_bound_methods(bed):
    one = dict(extra="static PyObject *f(PyObject *s, PyObject *a)"
               "{ return Py_BuildValue(\"sO\", \"o\", a); }",
               methods='{"f", (PyCFunction)(void *)f, METH_O, NULL},')
    many = dict(extra="static PyObject *f(PyObject *s, PyObject *const *a, "
                "Py_ssize_t n) { return Py_BuildValue(\"sn\", \"fast\", n); }",
                methods='{"f", (PyCFunction)(void *)f, METH_FASTCALL, NULL},')
    var = dict(extra="static PyObject *f(PyObject *s, PyObject *a)"
               "{ return Py_BuildValue(\"sn\", \"var\", PyTuple_Size(a)); }",
               methods='{"f", (PyCFunction)(void *)f, METH_VARARGS, NULL},')
    bed.module("hot", point(**one))
    app, peer = bed.start("hot")
    app.do("""
p = hot.Point()
bound, unbound = p.f, hot.Point.f
def loop():
    for _ in range(500):
        r = (bound(5), unbound(p, 5), p.f(5))
    return r
loop()
""")
    for parts, answer in ((many, ("fast", 1)), (var, ("var", 1)),
                          (one, ("o", 5)), (var, ("var", 1)),
                          (many, ("fast", 1))):
        bed.swap(peer, bed.order("hot", point(**parts)))
        assert app.ask("loop()") == (answer,) * 3


def test_a_new_type_comes_and_stays_itself_from_then_on(bed):
    bed.module("hot", stretch())
    app, peer = bed.start("hot")
    bed.swap(peer, bed.order("hot", point("5")))
    app.do("kept = hot.Point; p = kept()")
    assert app.ask("p.norm(), kept.__module__") == (5, "hot")
    bed.swap(peer, bed.order("hot", point("6")))
    assert app.ask("p.norm(), kept is hot.Point") == (6, True)


def test_a_type_in_the_module_s_state_finds_the_state_that_lives(bed):
    def code(n):
        return point(
            extra="typedef struct { long count; } State;"
                  "static PyObject *count(PyObject *self, PyTypeObject *cls,"
                  " PyObject *const *a, Py_ssize_t n, PyObject *k)"
                  "{ State *s = PyType_GetModuleState(cls);"
                  "  return PyLong_FromLong(s->count += %d); }" % n,
            methods='{"count", (PyCFunction)(void *)count, '
                    "METH_METHOD | METH_FASTCALL | METH_KEYWORDS, NULL},"
        ).replace(".m_size = 0", ".m_size = sizeof(State)")
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    assert app.ask("[hot.Point().count() for _ in range(3)]") == [1, 2, 3]
    bed.swap(peer, bed.order("hot", code(100)))
    assert app.ask("hot.Point().count()") == 103


def test_an_init_that_fails_after_its_types_leaves_all_as_it_was(bed):
    app, peer = start(bed)
    app.do("import sys; n = sys.getrefcount")
    counts = "n(hot), n(kept), n(kept.norm), n(hot.__dict__)"
    before = app.ask(counts)
    for _ in range(5):
        bed.refuse(peer, bed.order("hot", point(
            "99", methods='{"sized", (PyCFunction)sized, METH_NOARGS, 0},',
            after='PyErr_SetString(PyExc_OSError, "late"); return -1;')))
    assert app.ask(counts) == before
    assert app.ask(SEEN)[:4] == (3, 3, "old(3)", 3)
    assert app.ask("hasattr(kept, 'sized')") is False
