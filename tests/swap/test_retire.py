"""What becomes of old images: they go when nothing can lead into them, and
say why when they can't (cases 50 and 54 of the swap engine's list)."""
import os
import re
import struct

import pytest

import bed as beds
from bed import returning, stretch
from leftovers import CHURN
from recording import await_calls, record

pytestmark = pytest.mark.skipif(
    os.environ.get("COWBIRD_TEST_SANITIZE") == "thread",
    reason="ThreadSanitizer keeps a list of each image's segments: their "
    "starts are words that lead into it")

UNLOADS = True

def mappings(app):
    with open("/proc/%d/maps" % app.process.pid) as lines:
        return lines.read()


def map_lines(app):
    """[start, end, rights, name] of each mapping."""
    return [re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            for line in mappings(app).splitlines()]


def test_an_image_is_unmapped_when_nothing_leads_into_it(bed):
    code = returning(1, exec='PyModule_AddIntConstant(m, "c", 1);')
    bed.module("hot", code)
    app, peer = bed.start("hot")
    first = bed.modules["hot"][2]
    assert first in mappings(app)
    app.do("from hot import answer; import hot; there = id(hot)")
    bed.swap(peer, bed.order("hot", returning(2)))
    second = bed.modules["hot"][2]
    peer.await_retired(1)
    assert first not in mappings(app) and second in mappings(app)
    assert app.ask("answer(), hot.answer(), id(hot) == there") == (2, 2, True)
    bed.swap(peer, bed.order("hot", returning(3)))
    peer.await_retired(2)
    assert second not in mappings(app)
    assert app.ask("answer()") == 3
    assert app.end() == 0


def test_an_image_is_unmapped_after_its_calls_were_recorded(one_bed):
    bed = one_bed
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    record(peer, "answer", 2)
    app.do("hot.answer()")
    bed.swap(peer, bed.order("hot", returning(2)))
    peer.await_retired(1)
    app.do("hot.answer()")
    await_calls(peer, 2)
    bed.swap(peer, bed.order("hot", returning(3)))
    peer.await_retired(2)
    assert app.ask("hot.answer()") == 3


def test_what_was_refused_is_unmapped_too(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(
        2, exec='PyErr_SetString(PyExc_ValueError, "no"); return -1;'))
    bed.refuse(peer, order)
    peer.await_retired(1)
    assert order["artefact"] not in mappings(app)
    assert app.ask("hot.answer()") == 1


def test_what_was_refused_before_it_ran_is_unmapped_without_a_look(one_bed):
    """A thread that computes without the GIL leaves every look blind."""
    bed = one_bed
    spins = stretch(before=SPINS % 1, methods='{"spin", spin, METH_O, NULL},')
    bed.module("hot", spins)
    bed.module("other", stretch(name="other"))
    app, peer = bed.start("hot", "other")
    app.do("import threading; room = bytearray(1)\n"
           "t = threading.Thread(target=hot.spin, args=(room,)); t.start()")
    bad = bed.order("hot", returning(
        2, exec='PyErr_SetString(PyExc_ValueError, "no"); return -1;'))
    never = bed.order("other", stretch(name="other", doc="2"))
    bed.refuse(peer, bad, never)
    peer.await_retired(1)
    assert never["artefact"] not in mappings(app)
    assert bad["artefact"] in mappings(app)
    app.do("room[0] = 1; t.join()")
    peer.await_retired(2)


def words_in(app, low, high):
    """Where the heaps hold an address from low to high; stacks are behind a
    guard page, and are no heaps."""
    found, before = [], ""
    with open("/proc/%d/mem" % app.process.pid, "rb") as memory:
        for start, end, rights, name in map_lines(app):
            is_stack = before == "---p" and int(start, 16) % (64 << 20)
            before = rights
            if rights != "rw-p" or name not in ("", "[heap]") or is_stack:
                continue
            memory.seek(int(start, 16))
            try:
                data = memory.read(int(end, 16) - int(start, 16))
            except OSError:  # a stack whose guard lies within
                continue
            found += [int(start, 16) + 8 * at for at, (word,) in enumerate(
                struct.iter_unpack("@N", data)) if low <= word < high]
    return found


def test_the_loader_s_freed_records_do_not_point_at_later_images(plain_bed):
    """The next image often takes the place of the last; it would be kept."""
    bed = plain_bed
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    artefact = bed.modules["hot"][2]
    code_end, = [int(end, 16) for _, end, rights, name in map_lines(app)
                 if name == artefact and "x" in rights]
    bed.swap(peer, bed.order("hot", returning(2)))
    peer.await_retired(1)
    # Where its code ended: glibc's l_text_end.
    assert words_in(app, code_end, code_end + 1) == []


POINT = r"""
#include <structmember.h>
typedef struct { PyObject_HEAD long x; } Point;
static PyObject *get(PyObject *o, void *word)
{ return PyUnicode_FromFormat("%%s%%ld %%d", (char *)word, ((Point *)o)->x, %(n)d); }
static PyObject *far(PyObject *o, PyObject *u) { return PyLong_FromLong(%(n)d); }
static void drop(PyObject *o)
{ PyTypeObject *t = Py_TYPE(o); t->tp_free(o); Py_DECREF(t); }
static PyMethodDef point_methods[] = {{"far", far, METH_NOARGS, "how far"}, {0}};
static PyMemberDef point_members[] = {
    {"x", T_LONG, offsetof(Point, x), 0, "across %(n)d"}, {0}};
static PyGetSetDef point_getsets[] = {{"at", get, NULL, "place", "at "}, {0}};
static PyType_Slot point_slots[] = {
    {Py_tp_doc, "A point."}, {Py_tp_methods, point_methods},
    {Py_tp_members, point_members}, {Py_tp_getset, point_getsets},
    {Py_tp_dealloc, drop}, {0, NULL}};
static PyType_Spec point_spec = {
    "hot.Point", sizeof(Point), 0, Py_TPFLAGS_DEFAULT, point_slots};
"""


def point(n):
    return stretch(before=POINT % {"n": n},
                   exec='PyObject *t = PyType_FromSpec(&point_spec);'
                        'if (!t || PyModule_AddObject(m, "Point", t) < 0)'
                        ' return -1;')


def test_objects_of_a_type_outlive_the_image_that_made_it(bed):
    bed.module("hot", point(1))
    app, peer = bed.start("hot")
    first = bed.modules["hot"][2]
    app.do("p = hot.Point(); p.x = 5; class_ = hot.Point; far = p.far")
    bed.swap(peer, bed.order("hot", point(2)))
    peer.await_retired(1)
    assert first not in mappings(app)
    assert app.ask("p.far(), far(), p.at, p.x, type(p) is hot.Point") == (
        2, 2, "at 5 2", 5, True)
    assert app.ask("class_.__doc__, class_.far.__doc__, class_.x.__doc__,"
                   "class_.at.__doc__") == (
        "A point.", "how far", "across 2", "place")
    app.do("del p, far")
    assert app.end() == 0


WAITS = r"""
#include <unistd.h>
static PyObject *wait(PyObject *m, PyObject *fd)
{
    char byte;
    int in = (int)PyLong_AsLong(fd);
    Py_BEGIN_ALLOW_THREADS
    (void)!read(in, &byte, 1);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(%d);
}
"""


def test_a_call_in_flight_ends_on_its_code_and_then_its_image_goes(bed):
    def code(n):
        return stretch(before=WAITS % n,
                       methods='{"wait", wait, METH_O, NULL},')
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    first = bed.modules["hot"][2]
    app.do("import os, threading; into, out = os.pipe(); said = []\n"
           "t = threading.Thread(target=lambda: said.append(hot.wait(into)))\n"
           "t.start()")
    for n in (2, 3, 4):
        bed.swap(peer, bed.order("hot", code(n)))
    is_pinned, why = peer.await_kept(1, "a call of it is in flight on thread")
    assert not is_pinned
    peer.await_retired(2)
    assert first in mappings(app)
    app.do("os.write(out, b'x'); t.join()")
    assert app.ask("said") == [1]
    peer.await_retired(3)
    assert first not in mappings(app)


SPINS = r"""
static PyObject *spin(PyObject *m, PyObject *room)
{
    volatile char *at = PyByteArray_AsString(room);
    Py_BEGIN_ALLOW_THREADS
    while (at[0] == 0) {
    }
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(%d);
}
"""


def test_a_thread_that_computes_without_the_gil_keeps_old_images(one_bed):
    def code(n):
        return stretch(before=SPINS % n,
                       methods='{"spin", spin, METH_O, NULL},')
    bed = one_bed
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    app.do("import threading; room = bytearray(1); said = []\n"
           "t = threading.Thread(target=lambda: said.append(hot.spin(room)))\n"
           "t.start()")
    bed.swap(peer, bed.order("hot", code(2)))
    peer.await_kept(1, "computes without the GIL")
    app.do("room[0] = 1; t.join()")
    assert app.ask("said") == [1]
    peer.await_retired(1)


def test_a_capsule_keeps_the_image_that_it_points_into(bed):
    def code(n):
        return stretch(
            before="static struct { long n; } table = {%d};"
                   "static PyObject *give(PyObject *m, PyObject *u)"
                   "{ return PyCapsule_New(&table, \"hot.table\", NULL); }" % n,
            methods='{"give", give, METH_NOARGS, NULL},')
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    app.do("kept = hot.give()")
    bed.swap(peer, bed.order("hot", code(2)))
    is_pinned, why = peer.await_kept(1, "points at its data")
    assert not is_pinned
    place, = re.findall(r"at 0x([0-9a-f]+) points at its data\+0x", why)
    assert any(int(start, 16) <= int(place, 16) < int(end, 16)
               for start, end, *_ in map_lines(app))
    app.do("kept = None" + CHURN)
    peer.await_retired(1)


def test_a_word_that_leads_between_the_segments_keeps_nothing(one_bed):
    """As one that was meant for what was mapped there before."""
    bed = one_bed
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    artefact = bed.modules["hot"][2]
    start = min(int(start, 16) for start, _, _, name in map_lines(app)
                if name == artefact)
    app.do("import ctypes; kept = (ctypes.c_void_p * 64)"
           "(*[%d] * 64)" % (start + 0xc80))
    bed.swap(peer, bed.order("hot", returning(2)))
    peer.await_retired(1)
    assert app.ask("kept[0]") == start + 0xc80


PINS = {
    "destructors": "__attribute__((destructor)) static void end(void)"
                   "{ write(2, \"\", 0); }",
    "thread-local": "static __thread long mine; long use(void)"
                    "{ return ++mine; }",
    "for the exit": "static void end(void) { write(2, \"\", 0); }"
                    "__attribute__((constructor)) static void go(void)"
                    "{ atexit(end); }",
    "(epoll_ctl)": "#include <sys/epoll.h>\nint use(int a, int b)"
                   "{ return epoll_ctl(a, EPOLL_CTL_DEL, b, NULL); }",
}


def test_what_can_never_be_unloaded_says_why(one_bed):
    bed = one_bed
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    for number, (words, extra) in enumerate(PINS.items()):
        bed.swap(peer, bed.order("hot", returning(
            number, before="#include <unistd.h>\n#include <stdlib.h>\n"
            + extra + "\n"), "-fPIC", "-O1"))
    bed.swap(peer, bed.order("hot", returning(100)))
    for generation, words in enumerate(PINS, 2):
        is_pinned, _ = peer.await_kept(generation, words)
        assert is_pinned
    assert app.ask("hot.answer()") == 100
    assert app.end() == 0


def stateful(n, more=""):
    return stretch(
        size="sizeof(State)",
        before="typedef struct { PyObject *seen; } State; %s\n"
               "static PyObject *add(PyObject *m, PyObject *o)"
               "{ State *s = PyModule_GetState(m);"
               "  if (PyList_Append(s->seen, o) < 0) return NULL;"
               "  Py_INCREF(s->seen); return s->seen; }"
               "static int visit(PyObject *m, visitproc visit, void *arg)"
               "{ Py_VISIT(((State *)PyModule_GetState(m))->seen); return 0; }"
               "static void gone(void *m)"
               "{ State *s = PyModule_GetState(m); if (s) {"
               "  Py_CLEAR(s->seen); } %s }" % (
                   more, "free(table); table = NULL;" if more else ""),
        methods='{"add", add, METH_O, NULL},%s' % (
            '{"room", room, METH_NOARGS, NULL},' if more else ""),
        exec="((State *)PyModule_GetState(m))->seen = PyList_New(0);"
             + ("if (!table) table = calloc(8, sizeof(long));"
                if more else ""),
        free=".m_traverse = visit, .m_free = gone")


def test_module_state_outlives_the_images(bed):
    bed.module("hot", stateful(1))
    app, peer = bed.start("hot")
    app.do("hot.add(1)")
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", stateful(n)))
        peer.await_retired(n - 1)
    app.do("import gc; gc.collect()")
    assert app.ask("hot.add(2)") == [1, 2]
    assert app.end() == 0


def test_an_old_module_s_clean_up_does_not_reach_what_newer_code_has(bed):
    """Its m_free would free what the static variable that was carried still
    points at."""
    table = ("static long *table;\n"
             "static PyObject *room(PyObject *m, PyObject *u)"
             "{ return PyLong_FromLong(++table[3]); }")
    bed.module("hot", stateful(1, table))
    app, peer = bed.start("hot")
    assert app.ask("hot.room()") == 1
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", stateful(n, table)))
        peer.await_retired(n - 1)
    assert app.ask("hot.room(), hot.room()") == (2, 3)


OPENS = {
    "size": "sizeof(int)",
    "exec": "*(int *)PyModule_GetState(m) = dup(2);"
            "void *volatile *stale = malloc(64);"
            "if (stale) *stale = m;",
    "free": ".m_free = gone",
}


def opens(n):
    return stretch(
        before="#include <stdlib.h>\n#include <unistd.h>\n"
               "static void gone(void *m)"
               "{ close(*(int *)PyModule_GetState(m)); }",
        doc=str(n), **OPENS)


def test_what_an_init_has_opened_is_closed_whatever_word_names_its_module(bed):
    bed.flags = ["-g"]  # without, what its variables are is not known
    bed.module("hot", opens(1))
    app, peer = bed.start("hot")
    app.do("import os")
    counts = []
    for n in range(2, 6):
        bed.swap(peer, bed.order("hot", opens(n)))
        peer.await_retired(n - 1)
        counts.append(app.ask("len(os.listdir('/proc/self/fd'))"))
    assert counts == counts[:1] * 4
    assert app.end() == 0


def test_a_removed_function_says_so_without_its_image(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("kept = hot.answer")
    bed.swap(peer, bed.order("hot", returning(2, name="other")))
    peer.await_retired(1)
    assert app.ask("hot.other()") == 2
    try:
        app.do("kept()")
    except beds.Raised as e:
        assert e.kind == "RuntimeError" and "was removed" in e.words
    else:
        raise AssertionError("it did not raise")


def test_a_forked_child_retires_what_it_has_inherited(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    bed.swap(peer, bed.order("hot", returning(2)))
    app.do("import os; into, out = os.pipe(); pid = os.fork()\n"
           "if pid == 0: os.read(into, 1); os._exit(hot.answer())")
    child = bed.accept()
    child.await_retired(1)
    peer.await_retired(1)
    app.do("os.write(out, b'x')")
    assert app.ask("os.waitpid(pid, 0)[1] >> 8") == 2


def test_hundreds_of_swaps_leave_no_mapping(one_bed):
    bed = one_bed
    bed.module("hot", returning(0))
    app, peer = bed.start("hot")
    built = [bed.build("hot", returning(n)) for n in (0, 1)]
    app.do("import _cowbird")
    marks = []
    for n in range(1, 201):
        artefact = str(bed.folder / ("gen-%d.so" % n))
        os.link(built[n % 2], artefact) if n < 3 else beds.shutil.copy(
            built[n % 2], artefact)
        bed.swap(peer, {"name": "hot", "stem": "hot", "generation": n + 1,
                        "artefact": artefact, "source": bed.source("hot")})
        os.unlink(artefact)
        if n % 20 == 0:
            peer.await_retired(n - 20)
        if n in (40, 200):
            peer.await_retired(n - 8)
            marks.append(mappings(app).count("\n"))
    assert app.ask("hot.answer()") == 0
    assert abs(marks[1] - marks[0]) <= 40, marks  # eight images' worth
    assert app.ask("_cowbird.stats()['images']") <= 9


def test_who_counts_all_objects_sees_none_come_or_go_with_a_swap(bed):
    bed.module("hot", returning(1, before="static int unused_1;"))
    app, peer = bed.start("hot")
    app.do("import gc")
    bed.swap(peer, bed.order("hot", returning(2)))
    app.do("counts = set(); gc.collect(); gc.disable()")
    app.do("counts.add(len(gc.get_objects()))")
    for value in range(3, 9):
        bed.swap(peer, bed.order("hot", returning(value)))
        app.do("counts.add(len(gc.get_objects()))")
    assert app.ask("len(counts)") == 1
