"""46. A module's state whose struct grows, shrinks or holds objects; with a
migrate hook, without one, and with one that fails."""
import pytest

from bed import BUSY, READY, REFUSED
from stateful import FLAGS, hook, start, stateful
from tiers import each_tier, optimised, tcc

HELP = ": add a migrate hook (cowbird help migrate), or restart the app"


def test_the_state_is_kept_by_a_swap(bed):
    app, peer = start(bed, stateful())
    at = app.ask("hot.where()")
    assert app.ask("hot.count(), hot.count()") == (11, 12)
    bed.swap(peer, bed.order("hot", stateful(step=100, first=0)))
    assert app.ask("hot.count(), hot.count(), hot.where()") == (112, 212, at)


def test_another_layout_is_refused_with_field_offsets_and_sizes(bed):
    app, peer = start(bed, stateful("long count; int a; float b;"))
    app.do("hot.count()")
    for fields, reason in (
        ("long count; int a; float b; long more;",
         "State.more would be new, 8 bytes at offset 16, and the module state "
         "of hot would go from 16 to 24 bytes"),
        ("long count; int a;",
         "State.b would go, 4 bytes at offset 12"),
        ("long count; float b; int a;",
         "State.a would go from offset 8, 4 bytes, to offset 12, 4 bytes, in "
         "the module state of hot"),
        ("double count; int a; float b;",
         "State.count, 8 bytes at offset 0, would be of another type, in the "
         "module state of hot"),
    ):
        done = bed.refuse(peer, bed.order("hot", stateful(fields, 5)))
        assert done.verdict == REFUSED
        assert done.reason.startswith(reason), done.reason
        assert done.reason.endswith(HELP)
        assert app.ask("hot.count()") > 11
    bed.swap(peer, bed.order("hot", stateful(
        "long count; int renamed; float b;", 100)))
    assert app.ask("hot.count()") == 115


def test_without_debug_information_the_sizes_are_named(bed):
    bed.module("hot", stateful(), "-O1", "-I" + FLAGS[-1][2:])
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", stateful(
        "long count, more;"), "-O1", "-I" + FLAGS[-1][2:]))
    assert (done.verdict, done.reason) == (
        REFUSED, "the module state of hot would go from 8 to 16 bytes, and no "
        "debug information tells which struct it is: restart the app")
    assert app.ask("hot.count()") == 11


def test_a_struct_behind_a_pointer_of_the_state_counts_too(bed):
    def code(fields):
        return stateful("long count; struct cache *cache;",
                        init="s->cache = calloc(1, sizeof(*s->cache));",
                        clear="if (s) free(s->cache);").replace(
            "typedef struct", "struct cache { %s };\ntypedef struct" % fields)
    app, peer = start(bed, code("int hits; float age;"))
    done = bed.refuse(peer, bed.order("hot", code("float age; int hits;")))
    assert done.reason.startswith(
        "State.cache->hits would go from offset 0, 4 bytes, to offset 4, 4 "
        "bytes, in the module state of hot"), done.reason
    bed.swap(peer, bed.order("hot", code("int hits; float age;")))


@each_tier
def test_a_hook_grows_and_shrinks_it_where_it_is(bed, tier):
    def order(*args, **parts):
        return bed.order("hot", stateful(*args, **parts), *FLAGS,
                         compiler=tier)
    bed.module("hot", stateful(), *FLAGS, compiler=tier)
    app, peer = bed.start("hot")
    app.do("at = hot.where(); hot.count()")
    told = ('{"told", told, METH_NOARGS, NULL},')
    extra = """
static PyObject *told(PyObject *m, PyObject *u)
{
    State *s = PyModule_GetState(m);
    return Py_BuildValue("lds", s->made, s->ratio, s->text);
}
"""
    big = "char text[600]; double ratio; long made; long count;"
    bed.swap(peer, order(
        big, 2, 77, hook("    self->ratio = 2.5;"), methods=told, extra=extra,
        init='s->made = 5; s->ratio = 9; strcpy(s->text, "from the init");'))
    # what is new begins as the new init leaves it, then the hook
    assert app.ask("hot.told(), hot.count(), hot.where() == at") == (
        (5, 2.5, "from the init"), 13, True)
    bed.swap(peer, order("long count; int small;", 10, 77, hook("""
    double ratio = 0;
    char text[600];
    float wrong;
    self->small = cb_old_field(old, "ratio", &ratio, sizeof(ratio))
                  + 2 * cb_old_field(old, "text", text, sizeof(text))
                  + 4 * cb_old_field(old, "ratio", &wrong, sizeof(wrong))
                  + 8 * cb_old_field(old, "nothing", &wrong, sizeof(wrong));
    self->count += ratio == 2.5 && strcmp(text, "from the init") == 0;
""")))
    assert app.ask("hot.count(), hot.where() == at, hasattr(hot, 'told')") == (
        24, True, False)
    assert app.end() == 0


def holding(names, how="", **parts):
    """A state of lists, one a name; each call of add(name, o) appends."""
    fields = "long count; " + " ".join("PyObject *%s;" % n for n in names)
    cases = "".join('if (strcmp(name, "%s") == 0) list = s->%s;' % (n, n)
                    for n in names)
    extra = """
static PyObject *add(PyObject *m, PyObject *args)
{
    State *s = PyModule_GetState(m);
    const char *name;
    PyObject *o, *list = NULL;
    if (!PyArg_ParseTuple(args, "sO", &name, &o)) return NULL;
    %s
    if (list == NULL || PyList_Append(list, o) < 0) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_KeyError, name);
        return NULL;
    }
    Py_INCREF(list);
    return list;
}
""" % cases
    return stateful(
        fields, extra=extra, hook=how,
        methods='{"add", add, METH_VARARGS, NULL},',
        init="".join("s->%s = PyList_New(0);" % n for n in names),
        visit="".join("Py_VISIT(s->%s);" % n for n in names),
        clear="if (s) {%s}" % "".join("Py_CLEAR(s->%s);" % n for n in names),
        **parts)


@each_tier
def test_objects_are_carried_begun_and_let_go_of(bed, tier):
    def order(*args, **parts):
        return bed.order("hot", holding(*args, **parts), *FLAGS,
                         compiler=tier)
    bed.module("hot", holding("ab"), *FLAGS, compiler=tier)
    app, peer = bed.start("hot")
    app.do("""
import gc, sys, weakref
class Thing: pass
first, second = Thing(), Thing()
b = hot.add("b", second)
a = hot.add("a", first)
held = sys.getrefcount(a)
""")
    for turn in range(5):
        bed.swap(peer, order("cab", hook()))
        app.do("c = hot.add('c', first); gc.collect()")
        assert app.ask("hot.add('a', first) is a, hot.add('b', 1) is b, "
                       "sys.getrefcount(a) == held, c == [first]") == (
            True,) * 4
        bed.swap(peer, order("ba", hook("""
    PyObject *c;
    if (cb_old_field(old, "c", &c, sizeof(c)) && c != NULL
        && PyList_Append(self->b, c) < 0) {
        return -1;
    }""")))
        app.do("gc.collect()")
        # `c` itself and the list b have it
        assert app.ask("sys.getrefcount(c), b.pop() is c, "
                       "sys.getrefcount(c)") == (3, True, 2)
        assert app.ask("hot.add('a', first) is a, "
                       "sys.getrefcount(a) == held") == (True, True)
    app.do("gone = weakref.ref(first); del first, c; a.clear()")
    assert app.ask("gone()") is None
    assert app.end() == 0


def test_what_a_hook_puts_in_the_place_of_an_object_is_the_state_s(bed):
    app, peer = start(bed, holding("a"))
    app.do("import sys; a = hot.add('a', 1); none = sys.getrefcount(None)")
    replaced = hook("""
    self->a = Py_BuildValue("[Oi]", self->a, 7);
    if (self->a == NULL) {
        return -1;
    }""")
    bed.swap(peer, bed.order("hot", holding("ab", replaced)))
    assert app.ask("hot.add('a', 2), sys.getrefcount(a)") == (
        [[1], 7, 2], 3)
    assert app.ask("hot.add('b', 2)") == [2]


FAILURES = {
    "raises": ('PyErr_Format(PyExc_ValueError, "no count of %ld", '
               "self->count); return -1;", "ValueError: no count of 12"),
    "says-nothing": ("return -1;", "it returned -1 without an exception"),
    "raises-and-returns": ('PyErr_SetString(PyExc_KeyError, "k");',
                           "KeyError: 'k'"),
}


@pytest.mark.parametrize("way", FAILURES)
def test_a_hook_that_fails_vetoes_and_the_old_state_is_whole(bed, way):
    body, words = FAILURES[way]
    app, peer = start(bed, holding("a"))
    app.do("import gc, sys; a = hot.add('a', 1); hot.count(); hot.count()")
    held = app.ask("sys.getrefcount(a), hot.where()")
    spoil = """
    Py_XDECREF(self->b);
    self->b = PyList_New(3);
    self->a = PyList_New(2);
    """
    for _ in range(3):
        done = bed.refuse(peer, bed.order("hot", holding(
            "ab", hook(spoil + body.replace("%", "%%") % ()))))
        assert (done.verdict, done.reason) == (
            REFUSED, "State.b would be new, 8 bytes at offset 16, and the "
            "module state of hot would go from 16 to 24 bytes, and its "
            "migrate hook said no: " + words)
        app.do("gc.collect()")
        assert app.ask("(sys.getrefcount(a), hot.where())") == held
        assert app.ask("hot.add('a', 2)[:2], a.pop()") == ([1, 2], 2)
    bed.swap(peer, bed.order("hot", holding("ab", hook())))
    assert app.ask("hot.count(), hot.add('a', 3), hot.add('b', 4)") == (
        13, [1, 3], [4])
    assert app.end() == 0


TABLE = dict(init="s->table = calloc(8, sizeof(long)); s->table[0] = 70;",
             clear="if (s) { free(s->table); s->table = NULL; }",
             methods='{"cell", cell, METH_NOARGS, NULL},',
             extra="static PyObject *cell(PyObject *m, PyObject *u)"
             "{ State *s = PyModule_GetState(m);"
             "  return PyLong_FromLong(s->table[0]++); }")


def test_memory_that_the_new_init_made_becomes_the_state_s(bed):
    app, peer = start(bed, stateful())
    bed.swap(peer, bed.order("hot", stateful(
        "long count; long *table;", hook=hook("self->table[0] += 5;"),
        **TABLE)))
    assert app.ask("[hot.cell() for _ in range(3)]") == [75, 76, 77]
    for step in (2, 3):
        bed.swap(peer, bed.order("hot", stateful("long count; long *table;",
                                                 step, **TABLE)))
    assert app.ask("hot.cell()") == 78
    assert app.end() == 0


def test_memory_that_a_failing_hook_freed_is_not_freed_again(bed):
    app, peer = start(bed, stateful())
    for _ in range(3):
        bed.refuse(peer, bed.order("hot", stateful(
            "long count; long *table;",
            hook=hook("free(self->table); self->table = NULL; return -1;"),
            **TABLE)))
    assert app.ask("hot.count()") == 11
    assert app.end() == 0


def test_what_does_not_fit_is_refused_with_the_room_there_is(bed):
    app, peer = start(bed, stateful())
    done = bed.refuse(peer, bed.order("hot", stateful(
        "long count; char text[4000];", hook=hook())))
    assert done.reason == (
        "State.text would be new, 4000 bytes at offset 8, and the module "
        "state of hot would go from 8 to 4008 bytes, and it lies in 1032 "
        "bytes and can't move elsewhere; keep what grows in memory that a "
        "field points at, or restart the app")
    assert app.ask("hot.count()") == 11


def test_a_module_comes_to_a_state_without_a_hook_but_not_out_of_one(bed):
    def none():
        return stateful().replace("sizeof(State)", "0").replace(
            "State *s = PyModule_GetState(m); s->count", "own.count").replace(
            "State *s = PyModule_GetState(m);", "State *s = &own;").replace(
            "} State;", "} State;\nstatic State own;")
    app, peer = start(bed, none())
    assert app.ask("hot.count()") == 11
    bed.swap(peer, bed.order("hot", stateful(first=50)))
    assert app.ask("hot.count(), hot.count()") == (51, 52)
    bed.swap(peer, bed.order("hot", stateful(first=0)))
    assert app.ask("hot.count()") == 53
    done = bed.refuse(peer, bed.order("hot", none()))
    assert done.reason == (
        "the module state of hot would go from 8 to 0 bytes, and the new code "
        "does not know what it holds: restart the app")
    assert app.ask("hot.count()") == 54


def test_the_way_back_asks_the_older_code_s_hook(bed):
    """An undo is a swap to older code: it is refused as any other."""
    app, peer = start(bed, stateful())
    app.do("hot.count()")
    plain = bed.order("hot", stateful(step=2))
    bed.swap(peer, plain)
    ready = bed.order("hot", stateful(step=3, hook=hook()))
    bed.swap(peer, ready)
    bed.swap(peer, bed.order("hot", stateful("int kind; long count;", 10,
                                             hook=hook())))
    assert app.ask("hot.count()") == 21
    done = bed.refuse(peer, bed.again(plain, 5))
    assert done.reason == (
        "State.kind would go, 4 bytes at offset 0, and the module state of "
        "hot would go from 16 to 8 bytes" + HELP)
    assert app.ask("hot.count()") == 31
    bed.swap(peer, bed.again(ready, 6))
    assert app.ask("hot.count()") == 34


WAITS = dict(
    extra="""
#include <unistd.h>
static int ends[2];
static PyObject *wait_for(PyObject *m, PyObject *u)
{
    State *s = PyModule_GetState(m);
    char byte;
    if (ends[1] == 0 && pipe(ends) < 0) return NULL;
    Py_BEGIN_ALLOW_THREADS
    s->count += 1000 * read(ends[0], &byte, 1);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(s->count);
}
static PyObject *end(PyObject *m, PyObject *u)
{ return PyLong_FromLong(write(ends[1], ".", 1)); }
static PyObject *waits(PyObject *m, PyObject *u)
{ return PyBool_FromLong(ends[1] != 0); }
""", methods='{"wait_for", wait_for, METH_NOARGS, NULL},'
             '{"end", end, METH_NOARGS, NULL},'
             '{"waits", waits, METH_NOARGS, NULL},')


def test_a_migration_waits_for_calls_in_flight_and_loses_none_of_their_writes(
        bed):
    app, peer = start(bed, stateful(**WAITS))
    app.do("""
import threading
def wait():
    hot.wait_for()
thread = threading.Thread(target=wait)
thread.start()
while not hot.waits():
    pass
""")
    new = bed.order("hot", stateful("int kind; long count;", 7, hook=hook(),
                                    **WAITS))
    done = bed.refuse(peer, new)
    assert (done.verdict, done.reason) == (
        BUSY, "waits for a call in flight in hot.wait_for()")
    assert app.ask("hot.count()") == 11
    app.do("hot.end(); thread.join()")
    peer.await_drained("hot")
    bed.swap(peer, bed.order("hot", stateful(
        "int kind; long count;", 7, hook=hook(), **WAITS)))
    assert app.ask("hot.count()") == 1018


def test_a_call_between_prepare_and_commit_is_not_lost(bed):
    app, peer = start(bed, stateful())
    order = bed.order("hot", stateful("int kind; long count;", 5,
                                      hook=hook("self->kind += 1;")))
    assert peer.prepare(7, [order]).verdict == READY
    app.do("seen = [hot.count() for _ in range(4)]")
    peer.commit(7)
    assert app.ask("seen, hot.count()") == ([11, 12, 13, 14], 19)


def test_a_hook_that_fails_in_one_module_holds_back_the_other(bed):
    def cold(*args, **parts):
        return stateful(*args, **parts).replace("PyInit_hot", "PyInit_cold")
    bed.flags = FLAGS
    bed.module("hot", holding("a"))
    bed.module("cold", cold())
    app, peer = bed.start("hot", "cold")
    app.do("import sys; a = hot.add('a', 1); n = sys.getrefcount(a)")
    grown = "long count; int kind;"
    done = bed.refuse(
        peer, bed.order("hot", holding("ab", hook("self->count += 5;"))),
        bed.order("cold", cold(grown, hook=hook("return -1;"))))
    assert done.reason.endswith("it returned -1 without an exception")
    assert app.ask("hot.count(), cold.count(), sys.getrefcount(a) == n") == (
        11, 11, True)
    bed.swap(peer,
             bed.order("hot", holding("ab", hook("self->count += 5;"))),
             bed.order("cold", cold(grown, hook=hook())))
    assert app.ask("hot.count(), cold.count(), hot.add('a', 2) is a") == (
        17, 12, True)


def test_a_module_that_was_imported_twice_keeps_both_states(bed):
    app, peer = start(bed, stateful())
    app.do("""
import sys, importlib
other = sys.modules.pop("hot")
twin = importlib.import_module("hot")
""")
    grown = stateful("int kind; long count;", 5, hook=hook())
    done = bed.refuse(peer, bed.order("hot", grown))
    assert done.reason.endswith(
        ", and hot was imported more than once: restart the app")
    assert app.ask("other.count(), twin.count()") == (11, 11)
    app.do("import gc; sys.modules['hot'] = hot; del twin; gc.collect()")
    bed.swap(peer, bed.order("hot", grown))
    assert app.ask("other.count()") == 16


def test_both_compilers_find_the_same_struct(bed):
    bed.module("hot", stateful("long count; char c; double d;"), *FLAGS,
               compiler=optimised)
    app, peer = bed.start("hot")
    for step, compiler in ((2, tcc), (3, optimised), (4, tcc)):
        bed.swap(peer, bed.order(
            "hot", stateful("long count; char c; double d;", step), *FLAGS,
            compiler=compiler))
    assert app.ask("hot.count()") == 14
    bed.swap(peer, bed.order("hot", stateful(
        "char c; double d; long count;", 5, hook=hook()), *FLAGS,
        compiler=optimised))
    assert app.ask("hot.count()") == 19
