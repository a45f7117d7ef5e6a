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


def test_a_table_on_the_heap_stays_with_its_code(bed):
    def code(n):
        return stretch(
            before="static long add(long a) { return a + %d; }"
                   "static long (**api)(long);" % n,
            exec='api = malloc(2 * sizeof(*api)); api[0] = api[1] = add;'
            'PyModule_AddObject(m, "api", PyCapsule_New((void *)api, '
            '"hot.api", NULL));')
    bed.module("hot", code(1))
    bed.module("user", USER)
    app, peer = bed.start("hot", "user")
    bed.swap(peer, bed.order("hot", code(2)))
    assert app.ask("user.call(7)") == 8008
    assert peer.await_kept(1, "capsule") == (
        True, "others may hold its capsule hot.api")
