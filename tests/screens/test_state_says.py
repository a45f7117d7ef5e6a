"""What a session says of variables: kept, reset, waited for."""
import re
import subprocess
import threading

from test_dev_says import hears, session, started  # noqa: F401

COUNTER = '''\
#include <Python.h>
%s
static PyObject *
answer(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(++count);
}
static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "scoring", .m_methods = methods,
};
PyMODINIT_FUNC
PyInit_scoring(void)
{
    return PyModuleDef_Init(&module);
}
'''


def test_variables_that_are_not_kept_are_named_in_the_swap(session, project):
    project.write("scoring.c", COUNTER % "static long count;")
    live = started(session)
    project.write("scoring.c", COUNTER % "static long count = 41;")
    hears(live, r"HH:MM:SS  swap     scoring  answer\(\)  count reset  TIME  "
                r"1/1 workers  gen 2\n"
                r"      = note: count reset: its initialiser changed "
                r"\(0 to 41\)\n")
    assert live.get("/scoring/answer") == (200, "42")
    project.write("scoring.c", COUNTER % "static long count = 41, more;")
    hears(live, r"HH:MM:SS  swap     scoring  answer\(\)  \+more  TIME  "
                r"1/1 workers  gen 3\n")
    project.write("scoring.c", COUNTER % "static long count = 41;")
    hears(live, r"HH:MM:SS  swap     scoring  answer\(\)  -more  TIME  "
                r"1/1 workers  gen 4\n")
    assert live.get("/scoring/answer") == (200, "43")


SLEEPER = """\
#include <Python.h>
#include <poll.h>
#include <unistd.h>
static long count;
static int ends[2];
static PyObject *
answer(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(VALUE);
}
static PyObject *
wait_for_end(PyObject *self, PyObject *unused)
{
    char byte;
    if (pipe(ends) < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_BEGIN_ALLOW_THREADS
    count += read(ends[0], &byte, 1);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(count);
}
static PyObject *
end(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(write(ends[1], ".", 1));
}
static PyObject *
asleep(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(ends[1] != 0);
}
static PyObject *
total(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(count);
}
static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, NULL},
    {"wait_for_end", wait_for_end, METH_NOARGS, NULL},
    {"end", end, METH_NOARGS, NULL},
    {"asleep", asleep, METH_NOARGS, NULL},
    {"total", total, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "scoring", .m_methods = methods,
};
PyMODINIT_FUNC
PyInit_scoring(void)
{
    return PyModuleDef_Init(&module);
}
"""


def test_a_swap_that_waits_for_a_call_says_for_which_and_goes_live(session,
                                                                  project):
    project.write("scoring.c", SLEEPER.replace("VALUE", "1"))
    live = started(session)
    sleeper = threading.Thread(
        target=lambda: live.get("/scoring/wait_for_end"))
    sleeper.start()
    while live.get("/scoring/asleep") == (200, "0"):
        pass
    project.write("scoring.c", SLEEPER.replace("VALUE", "2"))
    hears(live, r"HH:MM:SS  waits    scoring  for a call in flight in "
                r"scoring\.wait_for_end\(\)\n"
                r"      = help: it goes live once no call is in flight; "
                r"restart the app to load it now\n"
                r"gen 1 still serves\n")
    assert [m["why"] for m in live.status()["modules"]] == [
        "waits for a call in flight in scoring.wait_for_end()"]
    shown = subprocess.run([project.program, "status"], cwd=project.folder,
                           stdout=subprocess.PIPE, text=True).stdout
    assert re.search(r"gen 1  1/1 workers  .*\(waits for a call in flight in "
                     r"scoring\.wait_for_end\(\), \d+ s\)", shown)
    assert live.get("/scoring/answer") == (200, "1")
    assert live.get("/scoring/end") == (200, "1")
    sleeper.join()
    hears(live, r"HH:MM:SS  swap     scoring  5 functions  TIME  "
                r"1/1 workers  gen 3\n")
    assert live.get("/scoring/answer") == (200, "2")
    assert live.get("/scoring/total") == (200, "1")
