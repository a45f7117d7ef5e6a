"""Saves of every kind, to be made again and again: each goes from one set of
sources to another and back, and `seen` is what tells the two apart to the
last detail. To look changes nothing."""
import collections

from bed import RUNTIME, stretch
from points import point
from static_counter import MULTI, SINGLE, counter

Edit = collections.namedtuple("Edit", "were are setup seen flags")


def edit(were, are, setup, seen, *flags):
    """Of one module, `hot`, or of several by name."""
    if isinstance(were, str):
        were, are = {"hot": were}, {"hot": are}
    names = ", ".join("constants(%s)" % name for name in were)
    return Edit(were, are, ATTEMPT + setup, "(%s, %s)" % (seen, names), flags)


ATTEMPT = """
def attempt(ask):
    try:
        return ask()
    except Exception as e:
        return type(e).__name__, str(e)
def constants(m):
    return sorted((n, v) for n, v in vars(m).items()
                  if isinstance(v, (int, str))) + sorted(vars(m))
"""


def attempt(code):
    """What `code` gives or raises."""
    return "attempt(lambda: %s)" % code


def functions(n, turn, methods, name="hot"):
    convention, parameters = turn
    return stretch(
        name=name,
        before="static PyObject *answer(PyObject *m, PyObject *u)"
               "{ return PyLong_FromLong(%d); }"
               "static PyObject *turn(PyObject *m, %s)"
               "{ return Py_BuildValue(\"lO\", %dL, x); }"
               % (n, parameters, n),
        methods='{"answer", answer, METH_NOARGS, "It is %d."},'
                '{"turn", (PyCFunction)(void (*)(void))turn, %s, "Turn(x)"},'
                '%s' % (n, convention, methods),
        exec='PyObject *t = Py_BuildValue("{s:i}", "first", %d);'
             'if (t == NULL || PyModule_AddObject(m, "table", t) < 0)'
             ' { Py_XDECREF(t); return -1; }'
             'if (PyModule_AddIntConstant(m, "NUMBER", %d) < 0'
             ' || PyModule_AddStringConstant(m, "ONLY_%d", "text") < 0)'
             ' return -1;' % (n, n, n))


OBJECT = "METH_O", "PyObject *x"
TUPLE = "METH_VARARGS", "PyObject *x"
GONE = '{"gone", answer, METH_NOARGS, NULL},'
COME = '{"come", answer, METH_NOARGS, "It came."},'

STATICS = r"""
static long count = %(count)s, table[4], *inside = &table[1];
static const char *label = "start";
static long plus(long x) { return x + %(n)d; }
static long (*chosen)(long);
static PyObject *set(PyObject *m, PyObject *x)
{ static long calls; calls++; count = table[1] = calls + PyLong_AsLong(x);
  label = "a label"; chosen = plus; Py_RETURN_NONE; }
static PyObject *get(PyObject *m, PyObject *u)
{ return Py_BuildValue("llisl", count, *inside, inside == &table[1], label,
                       chosen(0)); }
%(more)s
"""


def statics(n, count="0", more=""):
    return stretch(before=STATICS % {"n": n, "count": count, "more": more},
                   methods='{"set", set, METH_O, NULL},'
                           '{"get", get, METH_NOARGS, NULL},')


GIVING = ("static long add(long a) { return a + %d; }"
          "static long mul(long a) { return a * %d; }"
          "static long (*const api[])(long) = {add, mul};")
USER = stretch(
    name="user",
    before="static long (*const *table)(long);"
           "static PyObject *call(PyObject *m, PyObject *o)"
           "{ return PyLong_FromLong(table[0](PyLong_AsLong(o)) * 1000"
           " + table[1](PyLong_AsLong(o))); }",
    methods='{"call", call, METH_O, NULL},',
    exec='table = PyCapsule_Import("hot.api", 0);'
         'if (table == NULL) return -1;')


def giving(n):
    return stretch(
        before=GIVING % (n, n),
        exec='PyObject *c = PyCapsule_New((void *)api, "hot.api", NULL);'
             'if (c == NULL || PyModule_AddObject(m, "api", c) < 0)'
             ' { Py_XDECREF(c); return -1; }')


HOOK = """
CB_MIGRATE(Point, self, old)
{ long x = -1; if (!cb_old_field(old, "x", &x, sizeof(x))) return -1;
  self->x = x; return 0; }
"""


def moving(norm, fields):
    return point(norm, fields=fields, extra=HOOK).replace(
        "#include <structmember.h>",
        "#include <structmember.h>\n#include <cowbird.h>")


EDITS = {
    "functions": edit(
        functions(1, OBJECT, GONE), functions(2, TUPLE, COME),
        "from hot import answer, turn, table\nimport hot\n"
        "held = {answer: 1, turn: 2}; gone = hot.gone\n"
        "for n in range(200): turn(n)",
        "hot.answer(), answer(), answer.__doc__, turn(7), held[hot.answer], "
        "held[hot.turn], hot.table is table, table, hot.turn is turn, "
        + attempt("gone()")),
    "a type": edit(
        point(getset='{"y", (getter)get_x, NULL, NULL, (void *)4},',
              methods='{"less", (PyCFunction)norm, METH_NOARGS, "Less"},'),
        point("self->x * 7", repr_text="new", doc="Another point.",
              methods='{"more", (PyCFunction)sized, METH_NOARGS, "More."},',
              extra="static Py_ssize_t length(Point *s) { return 9; }"
              "static PyObject *call(PyObject *s, PyObject *a, PyObject *k)"
              "{ return PyLong_FromLong(8); }",
              slots="{Py_sq_length, length}, {Py_tp_call, call},"),
        "class Sub(hot.Point):\n    def norm(self):\n"
        "        return super().norm() + 1\n"
        "kept = hot.Point; p, s = kept(3), Sub(4); bound = p.norm\n"
        "less = p.less\n"
        "for n in range(200): p.norm(), s.norm(), repr(s), bool(p)",
        "p.norm(), s.norm(), bound(), repr(p), repr(s), p.x, s.x, "
        "kept.norm(p), hot.Point is kept, type(p) is kept, kept.__doc__, "
        "kept.less.__doc__ if hasattr(kept, 'less') else None, "
        + ", ".join(map(attempt, ("less()", "p.y", "len(s)", "p()")))
        + ", sorted(vars(kept))"),
    "static variables": edit(
        statics(1), statics(2, "0", "static long more[3] = {1, 2, 3};"),
        "hot.set(5); hot.set(6)", "hot.get()", "-O1", "-g"),
    "a capsule": edit(
        {"hot": giving(1)}, {"hot": giving(2)},
        "import user; api = hot.api", "user.call(7), hot.api is api"),
    "fields of live objects": edit(
        moving("self->x", "long x; double ratio; double pad;"),
        moving("self->x * 3", "double z; double pad; long x;"),
        "class Sub(hot.Point): __slots__ = ('one',)\n"
        "alive = [t(n) for n in range(3) for t in (hot.Point, Sub)]\n"
        "for p in alive[1::2]: p.one = str(p.x)",
        "[(p.norm(), p.x, repr(p), getattr(p, 'one', None)) for p in alive]",
        "-O1", "-g", "-DCB_IS_HOT", "-I%s" % (RUNTIME / "include")),
    "two modules": edit(
        {"hot": functions(1, OBJECT, GONE),
         "warm": functions(3, OBJECT, "", "warm")},
        {"hot": functions(2, OBJECT, COME),
         "warm": functions(4, TUPLE, "", "warm")},
        "import warm\nturn = warm.turn",
        "hot.answer(), warm.answer(), turn(8)"),
    "another module object": edit(
        functions(1, OBJECT, GONE), functions(2, OBJECT, COME),
        "import sys; first = hot; del sys.modules['hot']; import hot\n"
        "second = hot.answer",
        "first.answer(), hot.answer(), second(), first is hot, "
        "constants(first)"),
    "a single-phase init": edit(
        counter(1, way=SINGLE), counter(2, way=SINGLE),
        "old = hot.Counter(10); bump = old.bump; kept = hot.Counter",
        "len(old), (old + old).value, old.scaled, hot.Counter is kept, "
        "kept.__doc__, kept.bump.__doc__, hot.name(), hot.is_one(old)",
        "-O2", "-fPIC", "-Wl,-Bsymbolic", "-Wl,--emit-relocs"),
    "a static type": edit(
        counter(1, way=MULTI), counter(2, way=MULTI),
        "old = hot.Counter(10); bump = old.bump; kept = hot.Counter",
        "len(old), (old + old).value, old.scaled, hot.Counter is kept, "
        "kept.__doc__, kept.bump.__doc__, hot.name(), hot.is_one(old)",
        "-O2", "-fPIC", "-Wl,-Bsymbolic", "-Wl,--emit-relocs"),
}
