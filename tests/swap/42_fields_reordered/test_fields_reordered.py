"""Case 42: a struct of the same size whose fields mean something else."""
import pytest

from bed import REFUSED
from points import point

HELP = ": add a migrate hook (cowbird help migrate), or restart the app"


def start(bed, fields, **parts):
    bed.flags = ["-g"]
    bed.module("hot", point(fields=fields, **parts))
    app, peer = bed.start("hot")
    app.do("alive = [hot.Point(n) for n in range(3)]")
    return app, peer


def refused(bed, peer, fields, **parts):
    done = bed.refuse(peer, bed.order("hot", point(fields=fields, **parts)))
    assert done.verdict == REFUSED
    assert done.reason.endswith(" under 3 live objects" + HELP), done.reason
    return done.reason[:-len(" under 3 live objects" + HELP)]


def test_fields_that_change_places_are_named(bed):
    app, peer = start(bed, "long x; double a; long b;")
    assert refused(bed, peer, "long x; long b; double a;") == (
        "hot.Point.a would go from offset 24, 8 bytes, to offset 32, 8 bytes")
    assert refused(bed, peer, "double x; double a; long b;") == (
        "hot.Point.x, 8 bytes at offset 16, would be of another type")
    assert refused(bed, peer, "long x; double a; int b; int c;") == (
        "hot.Point.c would be new, 4 bytes at offset 36")
    assert refused(bed, peer, "long x; struct { int lo, hi; } a; long b;") == (
        "hot.Point.a.lo would be new, 4 bytes at offset 24")
    assert app.ask("[p.x for p in alive], [p.norm() for p in alive]") == (
        [0, 1, 2], [0, 1, 2])


def test_a_field_s_new_name_or_other_pointer_moves_nothing(bed):
    app, peer = start(bed, "long x; double lat; char *text;")
    bed.swap(peer, bed.order("hot", point(
        "self->x * 2", fields="long x; double latitude; const char *text;")))
    assert app.ask("[p.norm() for p in alive]") == [0, 2, 4]


def test_a_struct_behind_a_pointer_is_part_of_the_layout(bed):
    before = "struct cache { int hits; long %s; };"

    def code(name, more=""):
        return point(fields="long x; struct cache *cache;",
                     ).replace("typedef struct { PyObject_HEAD",
                               before % (name + more) +
                               "typedef struct { PyObject_HEAD")
    bed.flags = ["-g"]
    bed.module("hot", code("misses"))
    app, peer = bed.start("hot")
    app.do("alive = [hot.Point(n) for n in range(3)]")
    bed.swap(peer, bed.order("hot", code("missed")))
    done = bed.refuse(peer, bed.order("hot", code("missed", ", total")))
    assert done.reason == (
        "hot.Point.cache->total would be new, 8 bytes at offset 16 under 3 "
        "live objects" + HELP)


@pytest.mark.parametrize("flags", [["-O2", "-g"], ["-O0", "-g3"],
                                   ["-O2", "-g", "-gdwarf-4"]],
                         ids=" ".join)
def test_it_is_seen_with_other_debug_information(one_bed, flags):
    bed = one_bed
    bed.module("hot", point(fields="long x; double a; long b;"), *flags)
    app, peer = bed.start("hot")
    app.do("alive = [hot.Point(n) for n in range(3)]")
    done = bed.refuse(peer, bed.order("hot", point(
        fields="long x; long b; double a;"), *flags))
    assert done.reason.startswith("hot.Point.a would go from offset 24")


def test_two_types_of_one_size_are_told_apart_by_their_functions(bed):
    def code(first, second):
        return point(fields="long x; " + first,
                     before_type="typedef struct { PyObject_HEAD %s } Other;"
                     "static PyObject *get(Other *o, PyObject *u)"
                     "{ return PyLong_FromLong((long)o->n); }"
                     "static PyMethodDef other_methods[] = {"
                     "{\"get\", (PyCFunction)get, METH_NOARGS, NULL}, {0}};"
                     "static PyType_Slot other_slots[] = {"
                     "{Py_tp_methods, other_methods}, {0, 0}};"
                     "static PyType_Spec other_spec = {\"hot.Other\","
                     "sizeof(Other), 0, Py_TPFLAGS_DEFAULT, other_slots};"
                     % second,
                     exec_before="PyObject *o = PyType_FromModuleAndSpec(m,"
                     "&other_spec, NULL); if (o == NULL"
                     " || PyModule_AddObject(m, \"Other\", o) < 0) return -1;")
    bed.flags = ["-g"]
    bed.module("hot", code("long y;", "long n; long k;"))
    app, peer = bed.start("hot")
    app.do("alive = [hot.Point(n) for n in range(3)]")
    bed.swap(peer, bed.order("hot", code("long y;", "long k; long n;")))
    done = bed.refuse(peer, bed.order("hot", code("double y;",
                                                  "long k; long n;")))
    assert done.reason.startswith("hot.Point.y, 8 bytes at offset 24, would")
