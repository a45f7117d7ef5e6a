"""What is said of a module by what it is written with: in the line of a save,
by status, and in JSON."""
import json
import subprocess

import pytest

from live import APP, Live, source
from static_counter import counter

MARK = "void _ZN8pybind113getEv(void) {}\n"
WHY = ("pybind11 keeps a function in objects that lead to the code they were "
       "made with, and registers its types once per process")
FIXED = ("the size, slots and bases of its static types, and what the init "
         "sets in them, are fixed")


HEAP = """\
#include <Python.h>
static PyObject *answer(PyObject *o, PyObject *u)
{ return PyLong_FromLong(%d); }
static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot slots[] = {{Py_tp_methods, methods}, {0, NULL}};
static PyType_Spec spec = {
    "hot.Point", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots};
static int fill(PyObject *m)
{
    PyObject *type = PyType_FromModuleAndSpec(m, &spec, NULL);
    int done = type == NULL ? -1 : PyModule_AddType(m, (PyTypeObject *)type);
    Py_XDECREF(type);
    return done;
}
static PyModuleDef_Slot parts[] = {{Py_mod_exec, fill}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "hot", NULL, 0, methods, parts, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_hot(void) { return PyModuleDef_Init(&definition); }
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    return folder


def status(program, folder, *words):
    return subprocess.run([program, "status", *words], cwd=folder, text=True,
                          stdout=subprocess.PIPE, check=True).stdout


def test_restart_needed_is_said_with_the_reason(program, project, python):
    (project / "scoring.c").write_text(MARK + source(1))
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.save("scoring.c", MARK + source(2))
        event = live.event("refused", module="scoring")
        sentence = "restart needed for scoring.c (pybind11): %s" % WHY
        assert event["reason"] == sentence
        live.said("refused  scoring")
        live.said("gen 1 still serves")
        assert live.get("/scoring/answer") == (200, "1")
        assert "    restart needed: %s\n" % WHY in status(program, project)
        told = json.loads(status(program, project, "--json"))["modules"][0]
        assert (told["kind"], told["live"], told["limit"]) == (
            "pybind11", "restart needed", WHY)


def test_bodies_only_is_said_with_the_reason(program, project, python):
    (project / "hot.c").write_text(counter(1))
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/hot/name") == (200, "hot.Counter")
        live.save("hot.c", counter(2))
        event = live.event("swap", module="hot")
        assert (event["kind"], event["live"], event["limit"]) == (
            "C with static types", "bodies only", FIXED)
        live.said("gen 2  bodies only")
        assert "    bodies only: %s\n" % FIXED in status(program, project)


def test_what_cxx_objects_keep_is_said(program, project, python):
    text = ("struct shape { virtual int area() { return %d; } };\n"
            "static shape *kept = new shape;\n" + source("kept->area()"))
    (project / "scoring.cpp").write_text(text % 1)
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("scoring.cpp", text % 2)
        event = live.event("swap", module="scoring")
        why = "objects keep the virtual functions that they were made with"
        assert (event["kind"], event["live"], event["limit"]) == (
            "C++ with virtual functions", "live", why)
        live.said("gen 2  (%s)" % why)
        assert "    live: %s\n" % why in status(program, project)
        assert live.get("/scoring/answer") == (200, "1")


def test_what_is_wholly_live_says_no_more(program, project, python):
    (project / "scoring.c").write_text(source(1))
    with Live(program, project, python=python) as live:
        live.port()
        live.get("/scoring/answer")
        live.save("scoring.c", source(2))
        event = live.event("swap", module="scoring")
        assert (event["kind"], event["live"], event["limit"]) == ("C", "live",
                                                                  "")
        assert "needed" not in status(program, project)


def test_a_heap_type_is_no_static_one_however_it_is_added(program, project,
                                                          python):
    (project / "hot.c").write_text(HEAP % 1)
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/hot/answer") == (200, "1")
        for n in (2, 3):
            live.save("hot.c", HEAP % n)
            event = live.event("swap", module="hot")
            assert (event["kind"], event["live"]) == ("C", "live")
            assert live.get("/hot/answer") == (200, str(n))
