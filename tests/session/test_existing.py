"""The extensions of an existing project in a session: hot as any module, and
declared anew when setup.py is saved."""
import pytest

from live import APP, Live, source

SETUP = """\
from setuptools import setup, Extension
setup(ext_modules=[Extension("shop._front", ["native/front.c"],
                             define_macros=[("ANSWER", "%d")]), %s])
"""
COUNTING = """\
#include <Python.h>
static long count;
static PyObject *answer(PyObject *m, PyObject *a)
{ (void)m; (void)a; return PyLong_FromLong(%d + ++count); }
static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot slots[] = {{0, NULL}};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "_front", .m_methods = methods,
    .m_slots = slots};
PyMODINIT_FUNC PyInit__front(void) { return PyModuleDef_Init(&def); }
"""
MORE = 'Extension("shop._more", ["native/more.c"])'


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "native").mkdir(parents=True)
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("")
    (folder / "app.py").write_text(APP)
    (folder / "native" / "front.c").write_text(source("ANSWER", "_front"))
    (folder / "setup.py").write_text(SETUP % (1, ""))
    return folder


def test_an_extension_of_a_project_is_swapped_as_any_module(
        program, project, release_python):
    with Live(program, project, python=release_python) as live:
        live.port()
        assert live.get("/shop._front/answer") == (200, "1")
        live.save("native/front.c", source("ANSWER + 40", "_front"))
        live.event("swap", module="shop._front")
        assert live.get("/shop._front/answer") == (200, "41")


def test_a_declared_source_below_build_is_watched(
        program, project, release_python):
    (project / "build" / "made").mkdir(parents=True)
    (project / "native" / "front.c").rename(project / "build/made/front.c")
    (project / "setup.py").write_text(
        (SETUP % (1, "")).replace("native/", "build/made/"))
    with Live(program, project, python=release_python) as live:
        live.port()
        assert live.get("/shop._front/answer") == (200, "1")
        live.save("build/made/front.c", source("ANSWER + 40", "_front"))
        live.event("swap", module="shop._front")
        assert live.get("/shop._front/answer") == (200, "41")


def test_variables_are_kept_where_the_project_has_its_modules_stripped(
        program, project, release_python):
    (project / "native" / "front.c").write_text(COUNTING % 0)
    (project / "setup.py").write_text(SETUP.replace("define_macros", (
        "extra_compile_args=['-g0'], extra_link_args=['-s', "
        "'-Wl,--strip-all,-O1'], define_macros")) % (1, ""))
    with Live(program, project, python=release_python) as live:
        live.port()
        assert live.get("/shop._front/answer") == (200, "1")
        live.save("native/front.c", COUNTING % 100)
        live.event("swap", module="shop._front")
        assert live.get("/shop._front/answer") == (200, "102")


def test_a_saved_setup_py_is_read_again_and_the_app_runs_on(
        program, project, release_python):
    with Live(program, project, python=release_python) as live:
        live.port()
        assert live.get("/shop._front/answer") == (200, "1")
        before = live.get("/pid/")
        live.save("setup.py", SETUP % (2, ""))
        live.event("swap", module="shop._front")
        assert live.get("/shop._front/answer") == (200, "2")
        live.save("native/more.c", source(7, "_more"))
        live.save("setup.py", SETUP % (2, MORE))
        live.event("added", module="shop._more")
        live.event("built", module="shop._more")
        assert live.get("/shop._more/answer") == (200, "7")
        assert live.get("/pid/") == before


def test_a_setup_py_that_breaks_takes_nothing_away(program, project,
                                                   release_python):
    with Live(program, project, python=release_python) as live:
        live.port()
        assert live.get("/shop._front/answer") == (200, "1")
        live.save("setup.py", "import setuptools\nnonsense\n")
        live.said("setup.py:2: NameError")
        assert live.get("/shop._front/answer") == (200, "1")
        live.save("native/front.c", source("ANSWER + 1", "_front"))
        live.save("setup.py", SETUP % (9, ""))
        live.event("swap", module="shop._front")
        assert live.get("/shop._front/answer") == (200, "10")
