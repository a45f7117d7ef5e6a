"""Single-phase init: PyInit makes the module itself (PyModule_Create)."""
from bed import FAILED, READY, REFUSED, Raised

import pytest

UNLOADS = True

SINGLE = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
%(before)s
static PyObject *answer(PyObject *m, PyObject *u)
{
    (void)m; (void)u;
    %(body)s
}
static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, "The answer."},
    %(methods)s
    {NULL, NULL, 0, NULL}
};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "%(name)s", .m_doc = "A module.",
    .m_size = %(size)s, .m_methods = methods
};
PyMODINIT_FUNC PyInit_%(stem)s(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m == NULL) return NULL;
    %(init)s
    return m;
}
"""


def single(body, **parts):
    whole = {"before": "", "methods": "", "name": "hot", "stem": "hot",
             "size": "-1", "init": ""}
    whole.update(parts, body=body)
    return SINGLE % whole


def giving(value, **parts):
    return single("return PyLong_FromLong(%d);" % value, **parts)


def test_a_body_edit_goes_live_through_every_reference(bed):
    bed.module("hot", giving(1))
    app, peer = bed.start("hot")
    app.do("import functools, sys; from hot import answer; "
           "kept = {answer: 'route'}; part = functools.partial(answer); "
           "there = id(answer), hash(answer)")
    assert app.ask("answer(), answer.__doc__, answer.__module__, "
                   "sys.modules['hot'] is hot, hot.__file__") == (
        1, "The answer.", "hot", True, str(bed.folder / "hot.origin.so"))
    for value in range(2, 6):
        done = bed.swap(peer, bed.order("hot", giving(value)))
        assert done.names == {"hot": [["answer"], [], []]}
        assert app.ask("hot.answer(), answer(), part(), kept[hot.answer], "
                       "(id(answer), hash(answer)) == there, "
                       "hot.__cowbird__['generation']") == (
            value, value, value, "route", True, value)


def test_functions_come_and_go_and_conventions_change(bed):
    bed.module("hot", giving(1))
    app, peer = bed.start("hot")
    app.do("from hot import answer")
    more = '{"more", (PyCFunction)answer, METH_O, NULL},'
    done = bed.swap(peer, bed.order("hot", giving(2, methods=more)))
    assert done.names == {"hot": [["answer"], ["more"], []]}
    app.do("from hot import more")
    assert app.ask("more(None), answer()") == (2, 2)
    done = bed.swap(peer, bed.order("hot", giving(3, methods=more.replace(
        "METH_O", "METH_NOARGS"))))
    assert app.ask("more(), answer()") == (3, 3)
    done = bed.swap(peer, bed.order("hot", giving(4)))
    assert done.names == {"hot": [["answer"], [], ["more"]]}
    with pytest.raises(Raised) as caught:
        app.ask("more()")
    assert "hot.more() was removed by the save" in caught.value.words
    assert app.ask("hasattr(hot, 'more'), answer()") == (False, 4)


COUNTING = dict(
    before="static long count; static PyObject *seen, *Error; %s",
    size="-1",
    init='if (seen == NULL) seen = PyList_New(0);'
         'PyModule_AddObject(m, "seen", Py_NewRef(seen));'
         'Error = PyErr_NewException("hot.Error", NULL, NULL);'
         'PyModule_AddObject(m, "Error", Py_NewRef(Error));')
NEW_REF = ("\n#if PY_VERSION_HEX < 0x030A0000\n#define Py_NewRef(o) "
           "(Py_INCREF(o), (PyObject *)(o))\n#endif\n")


def counting(step):
    parts = dict(COUNTING, before=COUNTING["before"] % NEW_REF)
    return single(
        "count += %d; PyObject *n = PyLong_FromLong(count);"
        "if (n == NULL || PyList_Append(seen, n) < 0) return NULL;"
        "if (count > 100) { Py_DECREF(n); PyErr_SetString(Error, \"full\");"
        "return NULL; } return n;" % step, **parts)


def test_variables_objects_and_exceptions_go_along(bed):
    bed.module("hot", counting(1))
    app, peer = bed.start("hot")
    app.do("from hot import answer, Error, seen; answer(); answer()")
    bed.swap(peer, bed.order("hot", counting(10)))
    assert app.ask("answer(), answer(), seen, hot.seen is seen, "
                   "hot.Error is Error") == (12, 22, [1, 2, 12, 22], True,
                                             True)
    bed.swap(peer, bed.order("hot", counting(100)))
    app.do("try: answer()\nexcept Error as e: caught = str(e)")
    assert app.ask("caught, seen[-1]") == ("full", 122)


FINDS_ITSELF = dict(
    before="typedef struct { long count; } S; static struct PyModuleDef def;",
    size="sizeof(S)")


def finding(step, **parts):
    return single(
        "PyObject *own = PyState_FindModule(&def);"
        "if (own == NULL) return Py_BuildValue(\"s\", \"lost\");"
        "S *s = PyModule_GetState(own); s->count += %d;"
        "return Py_BuildValue(\"lO\", s->count, own);" % step,
        **dict(FINDS_ITSELF, **parts))


def test_a_module_finds_its_own_state_as_before(bed):
    bed.module("hot", finding(1))
    app, peer = bed.start("hot")
    app.do("from hot import answer")
    for generation, step in enumerate((10, 100), 2):
        before = app.ask("answer()[0]")
        bed.swap(peer, bed.order("hot", finding(step)))
        assert app.ask("answer()[0] - %d, answer()[1] is hot"
                       % before) == (step, True)


def test_a_larger_state_is_refused_with_both_sizes(bed):
    bed.module("hot", finding(1))
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", finding(
        2, before="typedef struct { long count, more; } S; "
        "static struct PyModuleDef def;")))
    assert (done.verdict, done.reason) == (
        REFUSED, "the module state of hot would go from 8 to 16 bytes, and no "
        "debug information tells which struct it is: restart the app")
    assert app.ask("hot.answer()[0]") == 1


def test_a_module_in_a_package_keeps_its_full_name(bed):
    parts = dict(name="fast", stem="fast", init="PyModule_AddIntConstant(m, "
                 "\"here\", 1);")
    bed.module("pkg.fast", giving(1, **parts))
    app, peer = bed.start("pkg.fast")
    app.do("from pkg import fast; from pkg.fast import answer; import sys")
    bed.swap(peer, bed.order("pkg.fast", giving(2, **parts)))
    assert app.ask("fast.__name__, fast.__package__, answer.__module__, "
                   "answer(), sys.modules['pkg.fast'] is fast") == (
        "pkg.fast", "pkg", "pkg.fast", 2, True)


def test_an_init_that_raises_leaves_everything_as_it_was(bed):
    bed.module("hot", giving(1))
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", giving(2, init=(
        'PyErr_SetString(PyExc_ValueError, "no"); Py_DECREF(m); '
        'return NULL;'))))
    assert done.verdict == FAILED and "ValueError: no" in done.reason
    assert app.ask("hot.answer()") == 1
    bed.swap(peer, bed.order("hot", giving(3)))
    assert app.ask("hot.answer()") == 3


def test_a_first_init_that_raises_can_be_tried_again(bed):
    bed.module("hot", giving(1, before="static int tries;", init=(
        'if (tries++ == 0) { PyErr_SetString(PyExc_ValueError, "no"); '
        'Py_DECREF(m); return NULL; }')))
    app = bed.app()
    with pytest.raises(Raised) as caught:
        app.do("import hot")
    assert (caught.value.kind, caught.value.words) == ("ValueError", "no")
    app.do("import hot")
    peer = bed.accept()
    peer.await_module("hot")
    bed.swap(peer, bed.order("hot", giving(2)))
    assert app.ask("hot.answer()") == 2


def test_an_init_that_becomes_multi_phase_needs_a_restart(bed):
    from bed import returning
    bed.module("hot", giving(1))
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", returning(2)))
    assert (done.verdict, done.reason) == (
        REFUSED, "the init of %s goes from single-phase to multi-phase: "
        "restart the app" % bed.source("hot"))
    assert app.ask("hot.answer()") == 1


def test_a_second_module_is_loaded_but_never_swapped(bed):
    code = giving(1, before="static struct PyModuleDef other = {"
                  "PyModuleDef_HEAD_INIT, .m_name = \"hot\", .m_size = -1};",
                  init='Py_DECREF(m); m = PyModule_Create(&other);')
    bed.module("hot", code)
    app, peer = bed.start("hot")
    assert app.ask("hot.__name__, hot.__cowbird__['generation']") == ("hot",
                                                                      1)
    done = bed.refuse(peer, bed.order("hot", giving(2)))
    assert (done.verdict, done.reason) == (
        REFUSED, "%s cannot be swapped, its init returns a module that it "
        "has not just made: restart the app" % bed.source("hot"))


def test_only_the_first_image_is_kept_for_ever(bed):
    bed.module("hot", giving(1))
    app, peer = bed.start("hot")
    for value in range(2, 5):
        bed.swap(peer, bed.order("hot", giving(value)))
    peer.await_retired(2)
    assert peer.await_kept(1, "single-phase") == (
        True, "CPython keeps its definition (single-phase init)")
    assert app.ask("hot.answer()") == 4


def test_a_subinterpreter_gets_the_module_as_cpython_gives_it(bed):
    bed.module("hot", giving(1))
    app, peer = bed.start("hot")
    if bed.facts.version >= (3, 13):
        pytest.skip("its interpreters refuse single-phase modules")
    app.do("import _xxsubinterpreters as interpreters")
    legacy = "isolated=False" if bed.facts.version >= (3, 10) else ""
    app.do("i = interpreters.create(%s)" % legacy)
    app.do("interpreters.run_string(i, 'import hot; "
           "assert hot.answer() == 1'); interpreters.destroy(i)")
    assert peer.prepare(1, [bed.order("hot", giving(2))]).verdict == READY
    peer.commit(1)
    assert app.ask("hot.answer()") == 2
