"""What a module is written with decides what a swap can do: told by the
symbols of its artefact, refused before any of it is loaded."""
import pytest

from bed import REFUSED, returning, stretch

MARKS = {
    "pybind11": ("void _ZN8pybind113getEv(void) {}",
                 "pybind11 keeps a function in objects that lead to the code "
                 "they were made with, and registers its types once per "
                 "process"),
    "nanobind": ("void _ZN8nanobind3getEv(void) {}",
                 "nanobind keeps a function in objects that lead to the code "
                 "they were made with, and registers its types once per "
                 "process"),
    "Cython": ("int __pyx_module_is_main;",
               "Cython's code finds constants, types and functions by their "
               "places in tables that an edit rearranges"),
    "C++ with unique symbols": (
        '__asm__(".globl one_for_all\\n.type one_for_all, '
        '@gnu_unique_object\\n.data\\none_for_all: .long 1\\n'
        '.size one_for_all, 4\\n.text");',
        "its unique symbols (-fgnu-unique) would lead new code into the "
        "first image"),
}


@pytest.mark.parametrize("kind", MARKS)
def test_what_keeps_ways_into_its_code_needs_a_restart(one_bed, kind):
    bed = one_bed
    mark, why = MARKS[kind]
    load = "__attribute__((constructor)) static void s(void) { abort(); }"
    sentence = "restart needed for %s (%s): %s" % (bed.source("hot"), kind,
                                                   why)
    bed.module("hot", returning(1, before=mark))
    app, peer = bed.start("hot")
    for newer in (returning(2), returning(2, before=mark + load)):
        done = bed.refuse(peer, bed.order("hot", newer))
        assert (done.verdict, done.reason) == (REFUSED, sentence)
    assert app.ask("hot.answer()") == 1
    bed.module("cold", returning(1).replace("PyInit_hot", "PyInit_cold"))
    app.do("import cold")
    peer.await_module("cold")
    done = bed.refuse(peer, bed.order("cold", returning(
        2, before=mark + load).replace("PyInit_hot", "PyInit_cold")))
    assert done.reason == sentence.replace("hot.c", "cold.c")


def test_a_stripped_module_is_known_by_its_strings(one_bed):
    bed = one_bed
    mark = 'const char *id(void) { return "__pybind11_internals_v11_"; }'
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", returning(2, before=mark),
                                      "-O1", "-s"))
    assert "(pybind11)" in done.reason
    bed.swap(peer, bed.order("hot", returning(3, before=mark)))
    assert app.ask("hot.answer()") == 3


CXX = ("-O2", "-x", "c++", "-std=c++17", "-fvisibility=hidden",
       "-Wl,-Bsymbolic", "-fno-gnu-unique", "-Wl,--no-as-needed", "-lstdc++",
       "-lgcc_s", "-x", "c++")
THROWING = r"""
#include <Python.h>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>
namespace {
struct trouble : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct base { virtual ~base() {} virtual long get() { return 0; } };
struct derived : base { long get() override { return %(step)d; } };
long dig(int depth)
{
    std::vector<std::string> held(3, std::string(100, 'x'));
    if (depth == 0) throw trouble("no " + std::to_string(%(step)d));
    return dig(depth - 1) + (long)held.size();
}
}
static PyObject *answer(PyObject *, PyObject *)
{
    base *b = new derived;
    derived *d = dynamic_cast<derived *>(b);
    long value = d == nullptr ? -1 : d->get();
    delete b;
    return PyLong_FromLong(value);
}
static PyObject *fail(PyObject *, PyObject *)
{
    try { dig(5); }
    catch (const trouble &t) {
        PyErr_SetString(PyExc_ValueError, t.what());
        return nullptr;
    }
    Py_RETURN_NONE;
}
static PyObject *keep(PyObject *, PyObject *)
{
    try { dig(1); }
    catch (...) {
        return PyLong_FromVoidPtr(new std::exception_ptr(
            std::current_exception()));
    }
    Py_RETURN_NONE;
}
static PyObject *tell(PyObject *, PyObject *o)
{
    auto *kept = static_cast<std::exception_ptr *>(PyLong_AsVoidPtr(o));
    PyObject *said = nullptr;
    try { std::rethrow_exception(*kept); }
    catch (const std::exception &e) { said = PyUnicode_FromString(e.what()); }
    delete kept;
    return said;
}
static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, nullptr},
    {"fail", fail, METH_NOARGS, nullptr},
    {"keep", keep, METH_NOARGS, nullptr}, {"tell", tell, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr}};
static PyModuleDef_Slot slots[] = {{0, nullptr}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, "hot", nullptr, 0, methods,
                          slots, nullptr, nullptr, nullptr};
PyMODINIT_FUNC PyInit_hot(void) { return PyModuleDef_Init(&def); }
"""


def throwing(step):
    return THROWING % {"step": step}


def test_cxx_throws_and_casts_in_every_generation(bed):
    bed.module("hot", throwing(1), *CXX)
    app, peer = bed.start("hot")
    app.do("from hot import answer, fail")
    for step in range(1, 5):
        app.do("try: fail()\nexcept ValueError as e: said = str(e)")
        assert app.ask("answer(), said") == (step, "no %d" % step)
        bed.swap(peer, bed.order("hot", throwing(step + 1), *CXX))


def test_an_exception_that_is_held_keeps_the_code_that_threw_it(bed):
    bed.module("hot", throwing(1), *CXX)
    app, peer = bed.start("hot")
    app.do("kept = hot.keep()")
    bed.swap(peer, bed.order("hot", throwing(2), *CXX))
    assert peer.await_kept(1, " ")[0] is False
    assert app.ask("hot.tell(kept), hot.answer()") == ("no 1", 2)
