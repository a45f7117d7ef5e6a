"""The guest's half of CB_FAULTS alone, under the sanitizers of the preset: a
call that lands a fault by itself."""
import os

import pytest

from bed import RUNTIME

pytestmark = pytest.mark.skipif(
    os.environ.get("COWBIRD_TEST_SANITIZE") == "thread",
    reason="ThreadSanitizer's own handler stands before ours, and under it "
    "the first fault ends the app as any crash does")

SOURCE = """\
#include <Python.h>
#include <cowbird_landing.h>

__attribute__((visibility("default")))
const struct cb_fault_desk *cb_fault_desk;

static PyObject *
answer(PyObject *self, PyObject *way)
{
    struct cb_landing l = {.number = 0};
    PyThreadState *state = PyEval_SaveThread();
    l.state = state;
    if (sigsetjmp(l.back, 0) == 0) {
        cb_fault_desk->enter(&l);
        if (way == Py_True) {
            *(volatile int *)16 = 1;
        }
        cb_fault_desk->leave(&l);
    }
    PyEval_RestoreThread(state);
    if (l.number != 0) {
        cb_fault_desk->raise(&l, PyExc_RuntimeError);
        return NULL;
    }
    return PyLong_FromLong(VALUE);
}

static PyMethodDef methods[] = {{"answer", answer, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "hot", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_hot(void) { return PyModuleDef_Init(&definition); }
"""
FLAGS = ["-O1", "-g", "-I%s" % (RUNTIME / "include")]

TRY = """\
import __main__, threading, hot

def faults(count):
    for i in range(count):
        try:
            hot.answer(True)
        except RuntimeError as error:
            assert error.signal == "SIGSEGV" and error.address == 16, error
            assert error.function == "answer", error
            assert "in answer() at " in str(error), error
        else:
            said.append("no fault")
        hot.answer(False)

def fault_and_wash():
    faults(5)
    __main__.wash()

said = []
"""
UNLOADS = True


def try_all(app):
    """In other threads too, one after the other: each stands where the one
    before stood, and what calls leave on a stack stays until others are laid
    over it."""
    app.do("faults(50)")
    app.do("for _ in range(20):\n"
           "    t = threading.Thread(target=fault_and_wash)\n"
           "    t.start()\n"
           "    t.join()\n"
           "del t")
    assert app.ask("said") == []


def test_faults_land_in_every_thread_and_keep_no_old_image(bed):
    bed.module("hot", SOURCE.replace("VALUE", "1"), *FLAGS)
    app = bed.app()
    app.do(TRY)
    peer = bed.accept()
    peer.await_module("hot")
    try_all(app)
    for value in (2, 3):
        order = bed.order("hot", SOURCE.replace("VALUE", str(value)), *FLAGS)
        assert peer.prepare(value, [order]).reason == ""
        peer.commit(value)
        bed.committed(order)
        assert app.ask("hot.answer(False)") == value
        try_all(app)
        peer.await_retired(value - 1)
    assert app.end() == 0
