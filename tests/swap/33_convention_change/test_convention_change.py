"""A function takes its arguments another way while a hot loop calls it, with
the JIT and without, where CPython has one."""
import shutil

import pytest

from bed import Raised, stretch

CONVENTIONS = {
    "METH_O": "static PyObject *f(PyObject *m, PyObject *a)"
              "{ return Py_BuildValue(\"sO\", \"o\", a); }",
    "METH_FASTCALL":
        "static PyObject *f(PyObject *m, PyObject *const *a, Py_ssize_t n)"
        "{ return Py_BuildValue(\"sn\", \"fast\", n); }",
    "METH_VARARGS":
        "static PyObject *f(PyObject *m, PyObject *a)"
        "{ return Py_BuildValue(\"sn\", \"var\", PyTuple_Size(a)); }",
    "METH_VARARGS|METH_KEYWORDS":
        "static PyObject *f(PyObject *m, PyObject *a, PyObject *k)"
        "{ return Py_BuildValue(\"sn\", \"dict\", PyTuple_Size(a)); }",
    "METH_FASTCALL|METH_KEYWORDS":
        "static PyObject *f(PyObject *m, PyObject *const *a, Py_ssize_t n, "
        "PyObject *k) { return Py_BuildValue(\"sn\", \"keys\", n); }",
    "METH_NOARGS": "static PyObject *f(PyObject *m, PyObject *a)"
                   "{ return Py_BuildValue(\"s\", \"none\"); }",
}
EXPECTED = {"METH_O": ("o", 7), "METH_FASTCALL": ("fast", 1),
            "METH_VARARGS": ("var", 1), "METH_NOARGS": "none",
            "METH_VARARGS|METH_KEYWORDS": ("dict", 1),
            "METH_FASTCALL|METH_KEYWORDS": ("keys", 1)}
# Each after several others.
ORDER = list(CONVENTIONS)[1:] + list(CONVENTIONS) + list(CONVENTIONS)[::-2]

# Each of them calls in a way that a trace can take for constant.
LOOPS = """
import sys, threading
known = %r
answers = set(known)
seen, wrong = set(), []
stop = False
from hot import f as imported
thing = hot.Thing()
def note(r):
    if r not in answers:
        wrong.append(r)
    seen.add(r)
def told(e):
    return "none" if "no arguments" in str(e) else e
def by_global():
    for _ in range(3000):
        try:
            r = imported(7)
        except TypeError as e:
            r = told(e)
        note(r)
def by_module():
    for _ in range(3000):
        try:
            r = hot.f(7)
        except TypeError as e:
            r = told(e)
        note(r)
def by_method():
    for _ in range(3000):
        try:
            r = thing.f(7)
        except TypeError as e:
            r = told(e)
        note(r)
def by_type(call=hot.Thing.f):
    for _ in range(3000):
        try:
            r = call(thing, 7)
        except TypeError as e:
            r = told(e)
        note(r)
def by_argument(call):
    for _ in range(3000):
        try:
            r = call(7)
        except TypeError as e:
            r = told(e)
        note(r)
ways = (by_global, by_module, by_method, by_type,
        lambda: by_argument(imported), lambda: by_argument(thing.f))
def loop(way):
    while not stop:
        way()
"""


def code(flags):
    """A module with a function and a method of one convention."""
    return stretch(
        before=CONVENTIONS[flags] + """
typedef struct { PyObject_HEAD } Thing;
static PyMethodDef thing_methods[] = {
    {"f", (PyCFunction)(void *)f, %s, NULL}, {0}};
static PyType_Slot thing_slots[] = {{Py_tp_methods, thing_methods}, {0, 0}};
static PyType_Spec thing_spec = {"hot.Thing", sizeof(Thing), 0,
                                 Py_TPFLAGS_DEFAULT, thing_slots};
""" % flags,
        exec="PyObject *t = PyType_FromModuleAndSpec(m, &thing_spec, NULL);"
             "if (t == NULL || PyModule_AddObject(m, \"Thing\", t) < 0)"
             "    return -1;",
        methods='{"f", (PyCFunction)(void *)f, %s, NULL},' % flags)


class Artefacts:
    """Each is compiled once; every order has a file of its own."""

    def __init__(self, bed):
        self.bed = bed
        self.paths = {}
        self.count = 0

    def order(self, flags):
        if flags not in self.paths:
            self.paths[flags] = self.bed.build("hot", code(flags))
        self.count += 1
        path = "%s.%d" % (self.paths[flags], self.count)
        shutil.copyfile(self.paths[flags], path)
        stem, generation, _ = self.bed.modules["hot"]
        return {"name": "hot", "stem": stem, "generation": generation + 1,
                "artefact": path, "source": self.bed.source("hot")}


def start(bed, jit):
    """`jit` is PYTHON_JIT's value (sys._jit is 3.14's)."""
    app = bed.app(PYTHON_JIT=jit)
    app.do("import sys")
    if jit == "1" and not app.ask("hasattr(sys, '_jit')"
                                  " and sys._jit.is_available()"):
        app.end()
        pytest.skip("this CPython has no JIT")
    app.do("import hot")
    app.do(LOOPS % list(EXPECTED.values()))
    assert jit == "0" or app.ask("sys._jit.is_enabled()")
    peer = bed.accept()
    peer.await_module("hot")
    return app, peer


@pytest.mark.parametrize("jit", ["0", "1"])
def test_a_convention_changes_under_hot_loops(bed, jit):
    bed.module("hot", code("METH_O"))
    made = Artefacts(bed)
    app, peer = start(bed, jit)
    for flags in ORDER:
        app.do("[way() for way in ways]")
        bed.swap(peer, made.order(flags))
        app.do("seen.clear()")
        app.do("[way() for way in ways]")
        assert app.ask("seen") == {EXPECTED[flags]}, (jit, flags)
        assert app.ask("wrong") == []
    app.end()


@pytest.mark.parametrize("jit", ["0", "1"])
def test_a_convention_changes_under_threads_in_hot_loops(bed, jit):
    bed.module("hot", code("METH_O"))
    made = Artefacts(bed)
    app, peer = start(bed, jit)
    app.do("""
threads = [threading.Thread(target=loop, args=(way,), daemon=True)
           for way in ways]
[t.start() for t in threads]
""")
    for flags in ORDER:
        bed.swap(peer, made.order(flags))
        if flags == "METH_NOARGS":
            with pytest.raises(Raised):
                app.ask("imported(7)")
            assert app.ask("imported()") == "none"
        else:
            assert app.ask("imported(7)") == EXPECTED[flags], (jit, flags)
    assert app.ask("wrong") == []
    app.do("stop = True; [t.join() for t in threads]")
    app.end()
