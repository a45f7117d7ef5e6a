"""Case 56: what leads into an old image from outside: a buffer of its data,
an exception that went through its code, a suspended stack."""
from bed import stretch
from leftovers import DEEP

UNLOADS = True  # see conftest.py


def viewing(n):
    return stretch(
        before="static char data[64] = \"data of %d\";"
               "static PyObject *view(PyObject *m, PyObject *u)"
               "{ return PyMemoryView_FromMemory(data, 9, PyBUF_READ); }" % n,
        methods='{"view", view, METH_NOARGS, NULL},')


def test_a_view_of_an_old_image_s_data_keeps_it(bed):
    bed.module("hot", viewing(1))
    app, peer = bed.start("hot")
    app.do(DEEP + "views = []; deep(lambda: views.append(hot.view()))\n"
           "view = views.pop(); part = view[5:]")
    bed.swap(peer, bed.order("hot", viewing(2)))
    assert app.ask("bytes(view), bytes(part), bytes(hot.view())") == (
        b"data of 1", b"of 1", b"data of 2")
    peer.await_kept(1, "points at its data")
    assert app.ask("bytes(view)") == b"data of 1"
    # others are laid over where the freed ones held the address
    app.do("view.release(); part.release(); del view, part\n"
           "laid = [memoryview(bytearray(9)) for _ in range(999)]; del laid")
    peer.await_retired(1)


def calling(n):
    return stretch(
        before="static PyObject *call(PyObject *m, PyObject *f)"
               "{ PyObject *r = PyObject_CallFunction(f, \"i\", %d);"
               "  if (r == NULL) PyErr_Clear(),"
               "    PyErr_SetString(PyExc_OSError, \"from code %d\");"
               "  return r; }" % (n, n),
        methods='{"call", call, METH_O, NULL},')


def test_an_exception_that_went_through_old_code_can_be_shown(bed):
    bed.module("hot", calling(1))
    app, peer = bed.start("hot")
    app.do("""
import traceback
def fail(n):
    held = hot.call
    1 / 0
try:
    hot.call(fail)
except OSError as e:
    caught = e
""")
    bed.swap(peer, bed.order("hot", calling(2)))
    peer.await_retired(1)
    assert app.ask("traceback.format_exception(type(caught), caught, "
                   "caught.__traceback__)[-1]") == "OSError: from code 1\n"


SUSPENDED = """
#include <sys/mman.h>
#include <ucontext.h>
static PyObject *begin(PyObject *m, PyObject *u);
static ucontext_t *own, *home;
static long got;
static void body(void)
{
    for (long n = %d;; n += 10) {
        got = n;
        swapcontext(own, home);
    }
}
static PyObject *step(PyObject *m, PyObject *u)
{ swapcontext(home, own); return PyLong_FromLong(got); }
static PyObject *begin(PyObject *m, PyObject *u)
{
    own = mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    home = own + 1;
    getcontext(own);
    own->uc_stack.ss_sp = (char *)own + (1 << 16);
    own->uc_stack.ss_size = (1 << 18) - (1 << 16);
    makecontext(own, body, 0);
    return step(m, u);
}
static PyObject *end(PyObject *m, PyObject *u)
{ munmap(own, 1 << 18); own = home = NULL; Py_RETURN_NONE; }
"""


def suspending(n):
    return stretch(before=SUSPENDED % n,
                   methods='{"begin", begin, METH_NOARGS, NULL},'
                           '{"step", step, METH_NOARGS, NULL},'
                           '{"end", end, METH_NOARGS, NULL},')


def test_a_stack_that_waits_in_old_code_keeps_it(plain_bed):
    """As greenlets' are: memory that a thread runs on now and then."""
    bed = plain_bed
    bed.module("hot", suspending(1))
    app, peer = bed.start("hot")
    assert app.ask("hot.begin()") == 1
    bed.swap(peer, bed.order("hot", suspending(2)))
    peer.await_kept(1, "points at its code")
    app.ask("hot.step()")  # runs what it was in, to its end
    app.do("hot.end()")
    peer.await_retired(1)
    assert app.ask("hot.begin(), hot.step()") == (2, 12)
