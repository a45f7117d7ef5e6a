"""Types that lie in the module's data (static PyTypeObject, PyType_Ready)."""
import functools

import pytest

from bed import FAILED, REFUSED, Raised
from static_counter import MULTI, SINGLE, counter

LISTED = ("-O2", "-fPIC", "-Wl,-Bsymbolic", "-Wl,--emit-relocs")

@pytest.fixture
def start(bed):
    bed.order = functools.partial(_listed, bed.order)

    def run(code):
        bed.module("hot", code, *LISTED)
        app, peer = bed.start("hot")
        app.do("from hot import Counter, is_one, make_one; import hot; "
               "old = Counter(10); bump = old.bump; there = id(Counter)")
        return app, peer
    return run


def _listed(order, name, code, *flags):
    return order(name, code, *(flags or LISTED))


@pytest.mark.parametrize("way", [SINGLE, MULTI], ids=["single", "multi"])
def test_bodies_go_live_and_the_type_is_the_same_everywhere(bed, start, way):
    app, peer = start(counter(1, way=way))
    app.do("class Sub(Counter): pass\nsub = Sub(5)")
    assert app.ask("len(old), (old + old).value, old.scaled, bump()") == (
        11, 21, 10, 11)
    for step in (2, 3, 4):
        app.do("before = old.value")
        done = bed.swap(peer, bed.order("hot", counter(step, way=way)))
        assert "Counter.bump" in done.names["hot"][0]
        assert app.ask("bump() - before, len(old) - old.value, "
                       "(old + old).value - 2 * old.value, "
                       "old.scaled // old.value, Counter.__doc__, "
                       "Counter.bump.__doc__") == (
            step, step, step, step, "Counts by %d." % step,
            "Bump it by %d." % step)
        assert app.ask("hot.Counter is Counter, id(Counter) == there, "
                       "type(old) is Counter, type(old + old) is Counter, "
                       "type(make_one(3)) is Counter, is_one(make_one(3)), "
                       "is_one(old), is_one(old + old), is_one(sub), is_one(3)"
                       ) == (True,) * 8 + (False, False)
        assert app.ask("len(sub) - sub.value, sub.bump() - 5 - %d, "
                       "isinstance(sub, hot.Counter), hot.name(), "
                       "super(Sub, sub).__len__() - sub.value" % (
                           sum(range(2, step)))) == (
            step, step, True, "hot.Counter", step)
        assert app.ask("(sub + old).value - sub.value - old.value") == step


def test_methods_come_and_go(bed, start):
    app, peer = start(counter(1))
    more = '{"more", Counter_bump, METH_NOARGS, NULL},'
    done = bed.swap(peer, bed.order("hot", counter(2, methods=more)))
    assert done.names["hot"][1] == ["Counter.more"]
    app.do("more = old.more")
    assert app.ask("more(), Counter.more.__objclass__ is Counter") == (12,
                                                                       True)
    bed.swap(peer, bed.order("hot", counter(3)))
    assert app.ask("hasattr(old, 'more')") is False
    with pytest.raises(Raised) as caught:
        app.ask("more()")
    assert "hot.Counter.more() was removed by the save" in caught.value.words


@pytest.mark.parametrize("change, words", [
    ({"field": "long more;"}, "objects of hot.Counter would go from 24 to 32 "
     "bytes, and it is a static type: restart the app"),
    ({"slots": ".tp_base = &PyLong_Type,"}, "restart the app"),
    ({"init": "PyDict_SetItemString(Counter_Type.tp_dict, \"LIMIT\", "
      "Py_None);"}, "hot.Counter.LIMIT, which the init sets by hand, would be "
     "new: restart the app"),
    ({"init": "PyModule_AddObject(m, \"zero\", PyObject_CallObject(keep, "
      "NULL));"}, "hot.zero would hold an object of the static type "
     "hot.Counter that the new init has made: restart the app"),
    ({"init": "PyModule_AddObject(m, \"pair\", Py_BuildValue(\"(OO)\", keep, "
      "keep));"}, "hot.pair would hold an object of the static type "
     "hot.Counter that the new init has made: restart the app")])
def test_what_cannot_be_proved_is_refused_with_the_reason(bed, start, change,
                                                          words):
    app, peer = start(counter(1))
    done = bed.refuse(peer, bed.order("hot", counter(2, **change)))
    assert done.verdict in (REFUSED, FAILED) and words in done.reason or (
        "tp_base" in change.get("slots", "") and done.verdict == FAILED)
    assert app.ask("len(old), hot.Counter is Counter, hasattr(hot, 'zero'), "
                   "is_one(make_one(2))") == (11, True, False, True)
    bed.swap(peer, bed.order("hot", counter(3)))
    assert app.ask("len(old), is_one(make_one(2))") == (13, True)


ZERO = {"init": 'PyObject *zero = PyObject_CallObject(keep, NULL); '
        'PyModule_AddObject(m, "zero", zero);'
        'PyDict_SetItemString(Counter_Type.tp_dict, "ZERO", zero);'
        'PyDict_SetItemString(Counter_Type.tp_dict, "LIMIT", '
        'PyLong_FromLong(5));'}


def test_objects_that_an_init_makes_are_the_first_ones(bed, start):
    app, peer = start(counter(1, **ZERO))
    app.do("zero = hot.zero; zero.value = 7")
    for step in (2, 3):
        bed.swap(peer, bed.order("hot", counter(step, **ZERO)))
        assert app.ask("hot.zero is zero, Counter.ZERO is zero, len(zero), "
                       "Counter.LIMIT") == (True, True, 7 + step, 5)
    done = bed.refuse(peer, bed.order("hot", counter(
        4, init=ZERO["init"].replace("Long(5)", "Long(6)"))))
    assert done.reason == ("hot.Counter.LIMIT, which the init sets by hand, "
                           "would change: restart the app")


TYPE_CAPSULE = {"init": 'PyModule_AddObject(m, "api", PyCapsule_New('
                '&Counter_Type, "hot.api", NULL));'}
USER = r"""
#include <Python.h>
static PyTypeObject *type;
static PyObject *is_ours(PyObject *m, PyObject *o)
{ (void)m; return PyBool_FromLong(Py_TYPE(o) == type); }
static PyMethodDef methods[] = {{"is_ours", is_ours, METH_O, NULL},
    {NULL, NULL, 0, NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "user",
    .m_size = -1, .m_methods = methods};
PyMODINIT_FUNC PyInit_user(void)
{
    type = PyCapsule_Import("hot.api", 0);
    return type == NULL ? NULL : PyModule_Create(&def);
}
"""


@pytest.mark.parametrize("way", [SINGLE, MULTI], ids=["single", "multi"])
def test_a_capsule_of_a_static_type_leads_to_the_first_one(bed, start, way):
    parts = dict(TYPE_CAPSULE, way=way)
    app, peer = start(counter(1, **parts))
    bed.module("user", USER)
    app.do("import user; api = hot.api")
    for step in (2, 3):
        bed.swap(peer, bed.order("hot", counter(step, **parts)))
        assert app.ask("len(old), user.is_ours(old), hot.api is api"
                       ) == (10 + step, True, True)
        bed.swap(peer, bed.order("user", USER + "/* %d */" % step))
        assert app.ask("user.is_ours(old), user.is_ours(make_one(2))"
                       ) == (True, True)


def test_a_new_capsule_of_a_static_type_leads_to_the_first_one(bed, start):
    app, peer = start(counter(1))
    bed.swap(peer, bed.order("hot", counter(2, **TYPE_CAPSULE)))
    bed.module("user", USER)
    app.do("import user")
    assert app.ask("user.is_ours(old), len(old)") == (True, 12)


def test_a_capsule_of_memory_that_may_lead_to_a_static_type_is_refused(
        bed, start):
    init = ('PyTypeObject **own = malloc(sizeof(*own)); *own = &Counter_Type;'
            'PyModule_AddObject(m, "api", PyCapsule_New(own, "hot.api", '
            'NULL));')
    app, peer = start(counter(1, init=init))
    done = bed.refuse(peer, bed.order("hot", counter(2, init=init)))
    assert (done.verdict, done.reason) == (
        REFUSED, "hot.api is a capsule of memory that may lead to static "
        "types which the new init has made: restart the app")
    assert app.ask("len(old), is_one(make_one(2))") == (11, True)


def test_code_that_does_not_list_its_references_is_refused(bed, start):
    app, peer = start(counter(1))
    done = bed.refuse(peer, bed.order("hot", counter(2), "-O2", "-fPIC",
                                      "-Wl,-Bsymbolic"))
    assert (done.verdict, done.reason) == (
        REFUSED, "the artefact of %s does not say where its code uses the "
        "static type hot.Counter: restart the app" % bed.source("hot"))
    assert app.ask("len(old), is_one(old + old)") == (11, True)


CHILD = dict(
    before="typedef struct { Counter c; long more; } Child;"
    "static PyTypeObject Child_Type;",
    init='Child_Type.tp_base = &Counter_Type;'
    'if (PyType_Ready(&Child_Type) < 0) return -1;'
    'PyModule_AddObject(m, "Child", (PyObject *)&Child_Type);')
CHILD_TYPE = (
    'static PyTypeObject Child_Type = {PyVarObject_HEAD_INIT(NULL, 0) '
    '.tp_name = "hot.Child", .tp_basicsize = sizeof(Child), '
    '.tp_flags = Py_TPFLAGS_DEFAULT};')


def test_a_static_type_inherits_from_another_one(bed, start):
    def family(step, child=True):
        parts = dict(CHILD) if child else {}
        if child:
            parts["way"] = CHILD_TYPE + SINGLE
        return counter(step, **parts)
    app, peer = start(family(1))
    app.do("child = hot.Child(4); Child = hot.Child")
    bed.swap(peer, bed.order("hot", family(2)))
    assert app.ask("len(child), child.bump(), hot.Child is Child, "
                   "Child.__mro__[1] is Counter, (child + old).value") == (
        6, 6, True, True, 18)


def test_a_new_static_type_inherits_from_the_one_that_is_there(bed, start):
    app, peer = start(counter(1))
    bed.swap(peer, bed.order("hot", counter(
        2, **dict(CHILD, way=CHILD_TYPE + SINGLE))))
    app.do("child = hot.Child(4); Child = hot.Child")
    assert app.ask("len(child), Child.__mro__[1] is Counter, "
                   "isinstance(child, Counter), is_one(child + old)") == (
        6, True, True, True)
    bed.swap(peer, bed.order("hot", counter(
        3, **dict(CHILD, way=CHILD_TYPE + SINGLE))))
    assert app.ask("len(child), hot.Child is Child") == (7, True)


def test_a_type_that_a_call_makes_ready_needs_a_restart(bed, start):
    late = ('static PyTypeObject Late = {PyVarObject_HEAD_INIT(NULL, 0) '
            '.tp_name = "hot.Late", .tp_basicsize = sizeof(PyObject), '
            '.tp_flags = Py_TPFLAGS_DEFAULT};')
    code = counter(1, before=late, methods='').replace(
        "(void)u; ((Counter *)o)->value",
        "if (PyType_Ready(&Late) < 0) return NULL; "
        "(void)u; ((Counter *)o)->value")
    app, peer = start(code)
    bed.swap(peer, bed.order("hot", code.replace("Bump it", "Push it")))
    app.do("bump()")
    done = bed.refuse(peer, bed.order("hot", counter(2)))
    assert (done.verdict, done.reason) == (
        REFUSED, "%s cannot be swapped, a call, not its init, has made a "
        "static type ready: restart the app" % bed.source("hot"))


def test_images_with_static_types_stay_for_ever(bed, start):
    app, peer = start(counter(1))
    bed.swap(peer, bed.order("hot", counter(2)))
    bed.swap(peer, bed.order("hot", counter(3)))
    assert peer.await_kept(2, "static") == (
        True, "CPython knows its static types")
    assert app.ask("len(old)") == 13
