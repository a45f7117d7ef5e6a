"""Case 55: another extension holds a capsule's table: the pointer stays valid,
and new code is behind it."""
import pytest

from bed import stretch

UNLOADS = True  # see conftest.py

USER = stretch(
    name="user",
    before="static long (**table)(long);"
           "static PyObject *call(PyObject *m, PyObject *o)"
           "{ return PyLong_FromLong(table[0](PyLong_AsLong(o)) * 1000"
           " + table[1](PyLong_AsLong(o))); }",
    methods='{"call", call, METH_O, NULL},',
    exec='table = PyCapsule_Import("hot.api", 0);'
         'if (table == NULL) return -1;')
TABLES = {
    "variable": ("static long (*api[])(long) = {add, mul};", ""),
    "constant": ("static long (*const api[])(long) = {add, mul};", ""),
    "by the init": ("static long (*api[2])(long);",
                    "api[0] = add; api[1] = mul;"),
}


def giving(n, table="variable", more=""):
    before, fill = TABLES[table]
    if more:
        before = before.replace("{add, mul}", "{add, mul, %s}" % more)
    return stretch(
        before="static long add(long a) { return a + %d; }"
               "static long mul(long a) { return a * %d; }" % (n, n) + before,
        exec=fill + 'PyModule_AddObject(m, "api", PyCapsule_New((void *)api, '
        '"hot.api", NULL));')


@pytest.mark.parametrize("table", TABLES)
def test_another_extension_calls_new_code_through_the_old_pointer(bed, table):
    bed.module("hot", giving(1, table))
    bed.module("user", USER)
    app, peer = bed.start("hot", "user")
    app.do("kept = hot.api")
    for n in range(1, 5):
        assert app.ask("user.call(7), hot.api is kept") == (
            (7 + n) * 1000 + 7 * n, True)
        bed.swap(peer, bed.order("hot", giving(n + 1, table)))
    assert app.ask("user.call(7)") == 12 * 1000 + 35
    assert peer.await_kept(1, "capsule") == (
        True, "others may hold its capsule hot.api")
    peer.await_retired(1)


def test_a_table_that_grows_is_given_to_who_asks_next(bed):
    bed.module("hot", giving(1))
    bed.module("user", USER)
    app, peer = bed.start("hot", "user")
    app.do("kept = hot.api")
    bed.swap(peer, bed.order("hot", giving(2, more="add")))
    assert app.ask("user.call(7), hot.api is kept") == (8007, False)
    assert peer.await_kept(1, "capsule") == (
        True, "others may hold its capsule hot.api")


def on_heap(n, fill="api[3] = add; api[4] = mul;", more=""):
    """A version and a state before its functions, and room behind them."""
    return stretch(
        size="sizeof(long)",
        before="static long add(long a) { return a + %d; }"
               "static long mul(long a) { return a * %d; }"
               "static PyObject *state(PyObject *m, PyObject *u) { (void)u;"
               "  return PyLong_FromVoidPtr(PyModule_GetState(m)); }"
               "%s static long (**api)(long);" % (n, n, more),
        methods='{"state", state, METH_NOARGS, NULL},',
        exec='api = PyMem_Calloc(8, sizeof(*api)); *(long *)api = 7;'
        'api[1] = (void *)PyModule_GetState(m); api[2] = NULL; %s'
        'PyModule_AddObject(m, "api", PyCapsule_New((void *)api, '
        '"hot.api", NULL));' % fill)


HEAP_USER = USER.replace(
    "table[0]", "(table + 3)[0]").replace("table[1]", "(table + 3)[1]").replace(
    "static PyObject *call(",
    "static PyObject *seen(PyObject *m, PyObject *u) { (void)m; (void)u;"
    "  return PyLong_FromVoidPtr((void *)table[1]); }"
    "static PyObject *call(").replace(
    '{"call"', '{"seen", seen, METH_NOARGS, NULL}, {"call"')


def test_a_table_on_the_heap_leads_to_new_code_and_keeps_its_state(bed):
    bed.module("hot", on_heap(1))
    bed.module("user", HEAP_USER)
    app, peer = bed.start("hot", "user")
    app.do("kept = hot.api")
    for n in range(1, 5):
        assert app.ask("user.call(7), hot.api is kept,"
                       "user.seen() == hot.state()") == (
            (7 + n) * 1000 + 7 * n, True, True)
        bed.swap(peer, bed.order("hot", on_heap(n + 1)))
    assert app.ask("user.call(7)") == 12 * 1000 + 35
    assert peer.await_kept(1, "capsule") == (
        True, "others may hold its capsule hot.api")


@pytest.mark.parametrize("fill, more", [
    ("api[3] = mul; api[4] = add;", ""),
    ("api[3] = add; api[4] = mul; api[5] = add;", ""),
    ("api[3] = other; api[4] = mul;",
     "static long other(long a) { return a; }")],
    ids=["turned round", "longer", "renamed"])
def test_a_table_on_the_heap_that_differs_stays_with_its_code(bed, fill, more):
    bed.module("hot", on_heap(1))
    bed.module("user", HEAP_USER)
    app, peer = bed.start("hot", "user")
    app.do("kept = hot.api")
    bed.swap(peer, bed.order("hot", on_heap(2, fill, more)))
    assert app.ask("user.call(7), hot.api is kept") == (8007, False)
    assert peer.await_kept(1, "capsule") == (
        True, "others may hold its capsule hot.api")
