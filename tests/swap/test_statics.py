"""What becomes of variables with static storage."""
from bed import returning, stretch


def code(step=1, statics="", count="static long count;", body="", more=""):
    return stretch(
        before="%s\n%s\n"
               "static long bump(void) { static long inner = 5; "
               "return inner += %d; }\n"
               "static PyObject *tick(PyObject *m, PyObject *u)"
               "{ %s; count += %d; "
               "return Py_BuildValue(\"(ll)\", (long)count, bump()); }\n%s"
               % (count, statics, step, body, step, more),
        methods='{"tick", tick, METH_NOARGS, NULL},%s'
                % ('{"more", more, METH_NOARGS, NULL},' if more else ""))


def test_counters_are_kept_and_a_new_initialiser_takes_effect(bed):
    bed.module("hot", code())
    app, peer = bed.start("hot")
    assert app.ask("hot.tick(), hot.tick()") == ((1, 6), (2, 7))
    bed.swap(peer, bed.order("hot", code(10)))
    assert app.ask("hot.tick()") == (12, 17)
    bed.swap(peer, bed.order("hot", code(100, count="static long count = 7;")))
    assert app.ask("hot.tick()") == (107, 117)
    bed.swap(peer, bed.order("hot", code(1, count="static int count = 7;")))
    assert app.ask("hot.tick()") == (8, 118)
    bed.swap(peer, bed.order("hot", code(
        1, count="static int count = 7;",
        statics='static int other[30]; static char text[9] = "abc";')))
    assert app.ask("hot.tick()") == (9, 119)


def test_an_optimiser_s_change_keeps_everything(bed):
    bed.module("hot", code(), "-O0")
    app, peer = bed.start("hot")
    app.do("hot.tick()")
    bed.swap(peer, bed.order("hot", code(), "-O2"))
    assert app.ask("hot.tick()") == (2, 7)


def test_pointers_into_the_module_itself_follow_or_stay(bed):
    """A list in a pool of its own goes along; a pointer to code does not."""
    def pool(answer):
        return stretch(
            before="typedef struct node { struct node *next; long v; } Node;"
                   "static Node pool[8]; static Node *head; static int used;"
                   "static long answer(void) { return %d; }"
                   "static long (*hook)(void);"
                   "static PyObject *push(PyObject *m, PyObject *v)"
                   "{ Node *n = &pool[used++]; n->v = PyLong_AsLong(v);"
                   "  n->next = head; head = n; Py_RETURN_NONE; }"
                   "static PyObject *all(PyObject *m, PyObject *u)"
                   "{ long sum = 0; for (Node *n = head; n; n = n->next)"
                   "  { if (n < pool || n >= pool + 8) return "
                   "    PyLong_FromLong(-1); sum = sum * 10 + n->v; }"
                   "  return Py_BuildValue(\"ll\", sum, hook()); }" % answer,
            methods='{"push", push, METH_O, NULL},'
                    '{"all", all, METH_NOARGS, NULL},',
            exec="hook = answer;")
    bed.module("hot", pool(1))
    app, peer = bed.start("hot")
    app.do("hot.push(1); hot.push(2)")
    assert app.ask("hot.all()") == (21, 1)
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", pool(n)))
        app.do("hot.push(%d)" % (n + 1))
    assert app.ask("hot.all()") == (4321, 3)


def test_objects_that_statics_own_live_on(bed):
    def cache(n):
        return stretch(
            before="static PyObject *cache;"
                   "static PyObject *put(PyObject *m, PyObject *k)"
                   "{ if (PyDict_SetItem(cache, k, PyLong_FromLong(%d)) < 0)"
                   "  return NULL; return Py_NewRef(cache); }" % n,
            methods='{"put", put, METH_O, NULL},',
            exec="cache = PyDict_New(); if (!cache) return -1;").replace(
            "Py_NewRef(cache)", "(Py_INCREF(cache), cache)")
    bed.module("hot", cache(1))
    app, peer = bed.start("hot")
    app.do("there = hot.put('a')")
    bed.swap(peer, bed.order("hot", cache(2)))
    assert app.ask("hot.put('b'), hot.put('b') is there") == (
        {"a": 1, "b": 2}, True)


def test_a_stripped_artefact_carries_nothing_and_serves(bed):
    bed.module("hot", code(), "-O1", "-s")
    app, peer = bed.start("hot")
    app.do("hot.tick(); hot.tick()")
    bed.swap(peer, bed.order("hot", code(3), "-O1", "-s"))
    assert app.ask("hot.tick()") == (3, 8)
    bed.swap(peer, bed.order("hot", returning(4)))
    assert app.ask("hot.answer()") == 4
