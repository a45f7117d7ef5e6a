"""47. Pointers that static variables hold into the old image: they lead to
what bears the same name in the new one, or keep the old one."""
from bed import stretch
from tiers import each_tier

UNLOADS = True  # see conftest.py

OPERATIONS = """
typedef long (*operation)(long);
static long plus(long x) { return x + %(n)d; }
static long times(long x) { return x * %(n)d; }
%(more)s
struct command { const char *name; operation run; long calls; };
static struct command commands[] = {
    {"plus", plus, 0}, {"times", times, 0},
};
static struct command *current = commands;
static operation chosen;
static const char *label = "none";
static const char *end_of_label;
static long numbers[8];
static long *middle, *limit = numbers + 8;

static PyObject *
choose(PyObject *m, PyObject *at)
{
    current = &commands[PyLong_AsLong(at)];
    chosen = current->run;
    label = "a label of its own";
    end_of_label = label + 8;
    middle = &numbers[3];
    *middle = 33;
    Py_RETURN_NONE;
}
static PyObject *
run(PyObject *m, PyObject *x)
{
    current->calls++;
    middle[1] += 1;
    return Py_BuildValue("slllssOi", current->name,
                         current->run(PyLong_AsLong(x)),
                         chosen(PyLong_AsLong(x)), current->calls, label,
                         end_of_label,
                         middle == numbers + 3 && numbers[3] == 33
                             && limit == numbers + 8 ? Py_True : Py_False,
                         (int)numbers[4]);
}
"""


def operations(n, more=""):
    return stretch(before=OPERATIONS % {"n": n, "more": more},
                   methods='{"choose", choose, METH_O, NULL},'
                           '{"run", run, METH_O, NULL},')


@each_tier
def test_tables_texts_and_places_in_arrays_lead_into_the_new_code(bed, tier):
    bed.module("hot", operations(2), compiler=tier)
    app, peer = bed.start("hot")
    app.do("hot.choose(1)")
    said = ("times", 20, 20, 1, "a label of its own", "of its own", True, 1)
    assert app.ask("hot.run(10)") == said
    for n in (3, 4):
        # something before them, so that nothing stays in its place
        more = "\n".join("static long pad%d[%d]; long fill%d(int i)"
                         "{ return pad%d[i]++; }" % (k, n * 9, k, k)
                         for k in range(n))
        bed.swap(peer, bed.order("hot", operations(n, more), compiler=tier))
        assert app.ask("hot.run(10)") == (
            "times", 10 * n, 10 * n, n - 1, "a label of its own",
            "of its own", True, n - 1)
    peer.await_retired(2)


HOOK = """
typedef long (*operation)(void);
static long gone(void) { return 1; }
static operation hook;
static PyObject *
set(PyObject *m, PyObject *u) { hook = gone; Py_RETURN_NONE; }
static PyObject *
call(PyObject *m, PyObject *u) { return PyLong_FromLong(hook()); }
"""


@each_tier
def test_a_function_that_is_gone_keeps_its_image_until_it_is_let_go(bed,
                                                                  tier):
    def module(code):
        return stretch(before=code,
                       methods='{"set", set, METH_NOARGS, NULL},'
                               '{"call", call, METH_NOARGS, NULL},')

    bed.module("hot", module(HOOK), compiler=tier)
    app, peer = bed.start("hot")
    app.do("hot.set()")
    bed.swap(peer, bed.order("hot", module(HOOK.replace("gone", "come")
                                           .replace("1;", "2;")),
                             compiler=tier))
    assert app.ask("hot.call()") == 1
    peer.await_kept(1, "memory of hot-2.so")
    app.do("hot.set()")
    assert app.ask("hot.call()") == 2
    bed.swap(peer, bed.order("hot", module(HOOK.replace("gone", "come")
                                           .replace("1;", "3;")),
                             compiler=tier))
    assert app.ask("hot.call()") == 3
    peer.await_retired(2)


CACHE = """
#include <stdlib.h>
#include <string.h>
struct entry { struct entry *next; char key[24]; long value; };
static struct entry *buckets[64];
static size_t count;
static long hits, misses;
static unsigned hash(const char *s)
{
    unsigned h = 5381;
    while (*s) h = h * 33 + (unsigned char)*s++;
    return h %% 64;
}
static struct entry *find(const char *key)
{
    struct entry *e = buckets[hash(key)];
    while (e != NULL && strcmp(e->key, key) != 0) e = e->next;
    return e;
}
static PyObject *
put(PyObject *m, PyObject *args)
{
    const char *key;
    long value;
    if (!PyArg_ParseTuple(args, "sl", &key, &value)) return NULL;
    struct entry *e = find(key);
    if (e == NULL) {
        e = calloc(1, sizeof(*e));
        if (e == NULL) return PyErr_NoMemory();
        strncpy(e->key, key, sizeof(e->key) - 1);
        e->next = buckets[hash(key)];
        buckets[hash(key)] = e;
        count++;
    }
    e->value = value;
    Py_RETURN_NONE;
}
static PyObject *
get(PyObject *m, PyObject *key)
{
    struct entry *e = find(PyUnicode_AsUTF8(key));
    if (e == NULL) { misses++; Py_RETURN_NONE; }
    hits++;
    return PyLong_FromLong(e->value + %d);
}
static PyObject *
state(PyObject *m, PyObject *u)
{
    return Py_BuildValue("nll", (Py_ssize_t)count, hits, misses);
}
"""


@each_tier
def test_a_cache_of_nodes_on_the_heap_lives_through_twenty_swaps(bed, tier):
    def cache(n):
        return stretch(before=CACHE % n,
                       methods='{"put", put, METH_VARARGS, NULL},'
                               '{"get", get, METH_O, NULL},'
                               '{"state", state, METH_NOARGS, NULL},')

    bed.module("hot", cache(0), compiler=tier)
    app, peer = bed.start("hot")
    app.do("[hot.put('key %d' % i, i * 1000) for i in range(300)]")
    for n in range(1, 21):
        done = bed.swap(peer, bed.order("hot", cache(n), compiler=tier))
        assert done.state["hot"] == []
        app.do("hot.put('more %d', %d)" % (n, n))
        assert app.ask("hot.get('key 299'), hot.get('more 1')") == (
            299000 + n, 1 + n)
    assert app.ask("hot.state()") == (320, 40, 0)
    assert app.ask("all(hot.get('key %d' % i) == i * 1000 + 20 "
                   "for i in range(300))") is True
