"""Case 44: what else knows a type: classes below it, registries, pickles."""
from points import point

PICKLED = dict(
    extra="static PyObject *reduce(Point *s, PyObject *u)"
    "{ return Py_BuildValue(\"O(l)\", Py_TYPE(s), (long)s->x); }",
    methods='{"__reduce__", (PyCFunction)reduce, METH_NOARGS, NULL},')

HEIRS = """
import abc, pickle, copy, functools, weakref, sys
sys.modules["__main__"].__dict__.update(globals())
class Slim(hot.Point): __slots__ = ("left", "__weakref__")
class Mixin:
    __slots__ = ()
    def twice(self): return 2 * self.norm()
class Both(Slim, Mixin): pass
class Deep(Both): __slots__ = ("right",)
class Kind(abc.ABC):
    @abc.abstractmethod
    def norm(self): pass
Kind.register(hot.Point)
class Like(metaclass=abc.ABCMeta):
    @classmethod
    def __subclasshook__(cls, c): return hasattr(c, "__len__")
@functools.singledispatch
def what(x): return "any"
@what.register
def _(x: hot.Point): return "point"
for c in (Slim, Mixin, Both, Deep):
    setattr(sys.modules["__main__"], c.__name__, c)
kept, d, s, b = hot.Point, Deep(3), Slim(4), Both(5)
d.left, d.right, s.left, b.free = "l", "r", "sl", "f"
by_type = {hot.Point: "there", Deep: "deep"}
w = weakref.ref(d)
old = pickle.dumps([hot.Point(9), b.__reduce__()])
isinstance(kept(1), Like)
def all_of():
    return (d.twice(), s.norm(), b.twice(), d.left + d.right + s.left, b.free,
            isinstance(kept(1), Kind), issubclass(Deep, Kind), what(d),
            what(kept(1)), by_type[type(kept(1))], w() is d,
            [o.norm() for o in pickle.loads(old)[:1]],
            pickle.loads(pickle.dumps(kept(6))).norm(),
            copy.copy(kept(7)).norm(), hot.Point is kept)
all_of()
"""


def expect(n):
    return (6 * n, 4 * n, 10 * n, "lrsl", "f", True, True, "point", "point",
            "there", True, [9 * n], 6 * n, 7 * n, True)


def test_heirs_registries_and_pickles_follow_the_new_code(bed):
    bed.module("hot", point(**PICKLED))
    app, peer = bed.start("hot")
    app.do(HEIRS)
    assert app.ask("all_of()") == expect(1)
    length = dict(PICKLED, extra=PICKLED["extra"] + "static Py_ssize_t "
                  "len(Point *s) { return s->x; }",
                  slots="{Py_sq_length, len},")
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", point("self->x * %d" % n, **length)))
        assert app.ask("all_of()") == expect(n)
        assert app.ask("len(d), len(s), len(b)") == (3, 4, 5)
        assert app.ask("issubclass(kept, Like), bool(Deep(0))") == (
            False, False)  # the app's registry remembers its first answer
        bed.swap(peer, bed.order("hot", point(**PICKLED)))
        assert app.ask("all_of()") == expect(1)
    app.do("""
class Later(hot.Point, Mixin): __slots__ = ("more",)
l = Later(8); l.more = 1
""")
    bed.swap(peer, bed.order("hot", point("self->x * 5", **length)))
    assert app.ask("l.twice(), len(l), l.more, isinstance(l, Kind)") == (
        80, 8, 1, True)


def test_a_renamed_type_is_said_and_the_old_one_serves_those_who_have_it(bed):
    bed.module("hot", point())
    app, peer = bed.start("hot")
    app.do("kept = hot.Point; p = kept(3)")
    renamed = point("self->x * 2").replace('"hot.Point"', '"hot.Place"'
                                           ).replace('"Point"', '"Place"')
    done = bed.swap(peer, bed.order("hot", renamed))
    assert done.names["hot"] == [[], ["Place"], ["Point"]]
    assert app.ask("hot.Place(3).norm(), hasattr(hot, 'Point'), p.norm(), "
                   "type(p) is hot.Place") == (6, False, 3, False)
    done = bed.swap(peer, bed.order("hot", point("self->x * 3")))
    assert done.names["hot"] == [["Point.norm"], ["Point"], ["Place"]]
    assert app.ask("p.norm(), hot.Point is kept") == (9, True)
