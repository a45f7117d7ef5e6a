"""Case 41: a struct that grows under live objects."""
import pytest

from bed import REFUSED, RUNTIME
from points import point

HELP = ": add a migrate hook (cowbird help migrate), or restart the app"
GC = dict(flags="| Py_TPFLAGS_HAVE_GC",
          extra="static int go(PyObject *s, visitproc visit, void *arg)"
          "{ Py_VISIT(Py_TYPE(s)); return 0; }", slots="{Py_tp_traverse, go},")


def collected(norm="self->x", **parts):
    """The same with a type that the collector knows."""
    return point(norm, **{**GC, **parts}).replace(
        "{ PyTypeObject *t = Py_TYPE(self);",
        "{ PyTypeObject *t = Py_TYPE(self); PyObject_GC_UnTrack(self);")


KINDS = pytest.mark.parametrize("make", [point, collected],
                                ids=["plain", "collected"])


def start(bed, code):
    bed.flags = ["-g", "-DCB_IS_HOT", "-I%s" % (RUNTIME / "include")]
    bed.module("hot", code)
    return bed.start("hot")


@KINDS
def test_growth_is_refused_with_the_field_and_the_live_count(bed, make):
    app, peer = start(bed, make())
    app.do("""
class Sub(hot.Point): pass
alive = [hot.Point(n) for n in range(12)]
""")
    done = bed.refuse(peer, bed.order("hot", make(fields="long x; double z;")))
    assert (done.verdict, done.reason) == (
        REFUSED, "hot.Point.z would be new, 8 bytes at offset 24, and objects "
        "of hot.Point would go from 24 to 32 bytes under 12 live objects"
        + HELP)
    app.do("heirs = [Sub(n) for n in range(3)]")
    done = bed.refuse(peer, bed.order("hot", make(fields="long x; double z;")))
    assert " under 15 live objects: " in done.reason
    app.do("del alive[1:], heirs")
    done = bed.refuse(peer, bed.order("hot", make(fields="double z; long x;")))
    assert " under 1 live object: " in done.reason
    assert app.ask("alive[0].norm()") == 0
    bed.swap(peer, bed.order("hot", make("self->x + 7")))
    assert app.ask("alive[0].norm()") == 7


@KINDS
def test_without_live_objects_the_type_grows_where_it_is(bed, make):
    app, peer = start(bed, make())
    app.do("""
import gc
kept = hot.Point
class Sub(kept): __slots__ = ("one", "two")
class Free(Sub): pass
def use(t, x):
    p = t(x)
    if t is not kept:
        p.one, p.two = "first", "second"
    if t is Free:
        p.more = "third"
    return (p.norm(), p.x) + tuple(getattr(p, n, None)
                                   for n in ("one", "two", "more"))
def all_of(x):
    return [use(t, x) for t in (kept, Sub, Free)]
for _ in range(200):
    all_of(1)
gc.collect()
size = [t.__basicsize__ for t in (kept, Sub, Free)]
""")

    def expect(norm):
        return [(norm, 5, None, None, None),
                (norm, 5, "first", "second", None),
                (norm, 5, "first", "second", "third")]
    assert app.ask("all_of(5)") == expect(5)
    big = "long x; double z; char text[200];"
    bed.swap(peer, bed.order("hot", make(
        "self->x + (long)strlen(self->text) + (long)(self->z = 100)",
        fields=big)))
    assert app.ask("all_of(5), hot.Point is kept, "
                   "[t.__basicsize__ - n for t, n in "
                   "zip((kept, Sub, Free), size)]") == (
        expect(105), True, [208] * 3)
    app.do("many = [Sub(n) for n in range(100)] + [Free(1), kept(2)]")
    app.do("for p in many[:101]: p.one = p.two = str(p.x)\ndel p")
    assert app.ask("[p.one for p in many[:3]], many[-1].norm()") == (
        ["0", "1", "2"], 102)
    app.do("del many; gc.collect()")
    bed.swap(peer, bed.order("hot", make()))
    assert app.ask("all_of(5), [t.__basicsize__ for t in (kept, Sub, Free)] "
                   "== size") == (expect(5), True)


def test_objects_that_only_c_code_holds_are_found(bed):
    hidden = dict(
        extra="static PyObject *own[4];"
        "static PyObject *keep(PyObject *s, PyObject *at)"
        "{ long n = PyLong_AsLong(at); Py_INCREF(s); own[n] = s;"
        "  Py_RETURN_NONE; }"
        "static PyObject *forget(PyObject *s, PyObject *at)"
        "{ Py_CLEAR(own[PyLong_AsLong(at)]); Py_RETURN_NONE; }",
        methods='{"keep", keep, METH_O, NULL},'
                '{"forget", forget, METH_O, NULL},')
    app, peer = start(bed, point(**hidden))
    app.do("hot.Point(5).keep(0); hot.Point(6).keep(1)")
    grown = point(fields="long x; double z;", **hidden)
    done = bed.refuse(peer, bed.order("hot", grown))
    assert " under what may be 2 objects that only C code holds: " in (
        done.reason)
    app.do("p = hot.Point(1); p.forget(0); p.forget(1)")
    done = bed.refuse(peer, bed.order("hot", grown))
    assert " under 1 live object: " in done.reason
    app.do("del p")
    bed.swap(peer, bed.order("hot", grown))


def test_objects_in_what_the_collector_has_forgotten_are_found(bed):
    """Dicts and tuples in which nothing can be part of a cycle, whoever and
    however many hold them."""
    app, peer = start(bed, point())
    app.do("""
import gc
named = {"a": hot.Point(1), "b": hot.Point(2)}
pair = hot.Point(3), {"deep": (hot.Point(4),)}
holders = [named, named, pair, [pair]]
gc.collect()
""")
    assert app.ask("gc.is_tracked(pair[1]['deep'])") is False
    done = bed.refuse(peer, bed.order("hot", point(fields="long x; long z;")))
    assert " under 4 live objects: " in done.reason
    app.do("del named, pair, holders")
    bed.swap(peer, bed.order("hot", point(fields="long x; long z;")))


def test_a_type_that_c_code_keeps_counts_no_object(bed):
    kept = dict(before_type="static PyObject *kept_type; static long fine = 3;",
                after="kept_type = type; Py_INCREF(kept_type);"
                "if (fine == 0) return -1;")
    app, peer = start(bed, point(**kept))
    bed.swap(peer, bed.order("hot", point(fields="long x; long z;", **kept)))
    assert app.ask("hot.Point(4).norm(), hot.Point.__basicsize__") == (4, 32)


def test_an_int_of_a_types_address_counts_as_no_object(bed):
    """Its length and its first digits look like a count and a type; where the
    heap lies low, id() is such a number."""
    kept = dict(before_type="static PyObject *kept_type;",
                after="kept_type = type; Py_INCREF(kept_type);")
    app, peer = start(bed, point(**kept))
    app.do("import ctypes; number = 1 << 40; digits = id(number) + 24\n"
           "ctypes.c_void_p.from_address(digits).value = id(hot.Point)")
    bed.swap(peer, bed.order("hot", point(fields="long x; long z;", **kept)))
    assert app.ask("hot.Point(4).norm(), hot.Point.__basicsize__") == (4, 32)


HOOK = """
CB_MIGRATE(Point, self, old)
{
    double ratio;
    if (self->x < 0) {
        PyErr_Format(PyExc_ValueError, "no x of %%ld", self->x);
        return -1;
    }
    self->z = 1.5;
    if (cb_old_field(old, "ratio", &ratio, sizeof(ratio))) {
        self->z = ratio;
    }
    %s
    return 0;
}
"""


def migrating(make, norm="self->x", fields="double z; long x;", more="",
              **parts):
    parts["extra"] = parts.get("extra", GC["extra"] if make is collected
                               else "") + HOOK % more
    return make(norm, fields=fields, before_type="", **parts).replace(
 "#include <structmember.h>",
        "#include <structmember.h>\n#include <cowbird.h>")


PEOPLE = """
import gc, weakref
kept = hot.Point
class Sub(kept): __slots__ = ("one", "two")
class Free(Sub): pass
alive = [t(n) for n in range(100) for t in (kept, Sub, Free)]
for p in alive:
    if type(p) is not kept:
        p.one, p.two = [p.x], str(p.x)
    if type(p) is Free:
        p.more = p.x
ids = [id(p) for p in alive]
def whole():
    for p in alive:
        if type(p) is not kept:
            assert p.one == [p.x] and p.two == str(p.x), (p, p.one, p.two)
        if type(p) is Free:
            assert p.more == p.x
    assert [id(p) for p in alive] == ids
    assert [p.x for p in alive[::3]] == list(range(100))
    gc.collect()
    return sum(p.norm() for p in alive)
def loop():
    for _ in range(50):
        r = whole()
    return r
loop()
"""


@KINDS
def test_a_hook_moves_live_objects_that_have_room(bed, make):
    start_fields = "long x; double ratio; double pad;"
    app, peer = start(bed, make(fields=start_fields))
    app.do(PEOPLE)
    bed.swap(peer, bed.order("hot", migrating(
        make, "self->x + (long)(self->z * 2)",
        fields="double z; double pad; long x;", more="self->z += 3;")))
    # what `ratio` held was zero
    assert app.ask("whole(), kept is hot.Point") == (3 * 4950 + 300 * 6, True)
    app.do("loop(); alive += [Free(7)]; del alive[-1]")
    bed.swap(peer, bed.order("hot", migrating(
        make, "self->x", fields="long x; double z;")))
    assert app.ask("whole()") == 3 * 4950
    app.do("del alive[:]; gc.collect()")


def test_attributes_of_moved_objects_are_those_of_their_dicts(bed):
    app, peer = start(bed, point(fields="long x; double ratio; double pad;"))
    app.do(PEOPLE + "frees = alive[2::3]; dicts = [vars(p) for p in frees]")
    bed.swap(peer, bed.order("hot", migrating(
        point, "self->x", fields="long x; double z;")))
    app.do("for n, p in enumerate(frees): p.other = n; dicts[n]['last'] = n")
    assert app.ask("[p.last == vars(p)['other'] == n and p.more == p.x "
                   "and vars(p) is dicts[n] for n, p in enumerate(frees)]"
                   ) == [True] * 100
    assert app.ask("whole()") == 3 * 4950
    app.do("del alive[:], frees[:]; gc.collect()")


def test_a_hook_that_fails_for_one_leaves_all_as_they_were(bed):
    app, peer = start(bed, point(fields="long x; double pad;"))
    app.do("alive = [hot.Point(n) for n in (1, 2, -3, 4)]")
    new = migrating(point, "self->x + 50", fields="double z; long x;")
    done = bed.refuse(peer, bed.order("hot", new))
    assert done.reason == (
        "hot.Point.z would be new, 8 bytes at offset 16, and its migrate hook "
        "said no: ValueError: no x of -3")
    assert app.ask("[p.norm() for p in alive], [p.x for p in alive]") == (
        [1, 2, -3, 4], [1, 2, -3, 4])
    app.do("del alive[2]")
    bed.swap(peer, bed.order("hot", new))
    assert app.ask("[p.norm() for p in alive]") == [51, 52, 54]


def test_what_does_not_fit_is_refused_with_the_room_there_is(bed):
    app, peer = start(bed, point(fields="long x; long y;"))
    app.do("alive = [hot.Point(n) for n in range(3)]")
    grown = dict(fields="long x; long y; double z; char text[40];")
    for code in migrating(point, **grown), point(**grown):
        done = bed.refuse(peer, bed.order("hot", code))
        assert " under 3 live objects: those of hot.Point lie in 32 bytes " \
            "and would need 80, and no hook can move them elsewhere" in (
                done.reason)
        assert "migrate" not in done.reason
    assert app.ask("[p.norm() for p in alive]") == [0, 1, 2]


def test_references_go_where_the_hook_puts_them(bed):
    def code(fields, more, name):
        return migrating(
            point, fields=fields, more=more,
            methods='{"set", (PyCFunction)set, METH_O, NULL},'
                    '{"get", (PyCFunction)get, METH_NOARGS, NULL},',
            extra="static PyObject *set(Point *s, PyObject *o)"
            "{ Py_INCREF(o); Py_XSETREF(s->%s, o); Py_RETURN_NONE; }"
            "static PyObject *get(Point *s, PyObject *u)"
            "{ PyObject *o = s->%s ? s->%s : Py_None; Py_INCREF(o);"
            "  return o; }" % (name, name, name))
    first = code("PyObject *name; long x; double z;", "", "name")
    app, peer = start(bed, first)
    app.do("""
import sys
thing, alive = object(), [hot.Point(n) for n in range(5)]
for p in alive: p.set(thing)
""")
    count = app.ask("sys.getrefcount(thing)")
    bed.swap(peer, bed.order("hot", code(
        "long x; double z; PyObject *name;", "", "name")))
    assert app.ask("[p.get() is thing for p in alive] == [True] * 5, "
                   "sys.getrefcount(thing)") == (True, count)
    bed.swap(peer, bed.order("hot", code(
        "PyObject *title; double z; long x;",
        'PyObject *name; if (cb_old_field(old, "name", &name, sizeof(name)))'
        '{ Py_XINCREF(name); self->title = name; }', "title")))
    assert app.ask("[p.get() is thing for p in alive] == [True] * 5, "
                   "sys.getrefcount(thing)") == (True, count)
    bed.swap(peer, bed.order("hot", code(
        "long x; double z; PyObject *fresh;", "", "fresh")))
    assert app.ask("[p.get() for p in alive], sys.getrefcount(thing)") == (
        [None] * 5, count - 5)


def test_an_init_makes_no_object_of_a_type_that_it_lays_out_anew(bed):
    one = 'PyObject *one = PyObject_CallObject(type, NULL);'\
          'if (one == NULL || PyModule_AddObject(m, "one", one) < 0)'\
          ' return -1;'
    app, peer = start(bed, point())
    done = bed.refuse(peer, bed.order("hot", point(
        fields="long x; char text[200];", after=one)))
    assert "RuntimeError: objects of hot.Point can't be made while its " \
        "layout changes, and the init makes one: restart the app" in (
            done.reason)
    assert app.ask("hot.Point(4).norm(), hot.Point.__basicsize__") == (4, 24)
    bed.swap(peer, bed.order("hot", point(after=one)))
    assert app.ask("hot.one.norm()") == 1
