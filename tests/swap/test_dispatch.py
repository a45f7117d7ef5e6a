"""Tables of functions that objects hold: they are known again to new code,
and lead to it."""
import os

import pytest

from bed import READY, stretch
from tiers import needs_tcc, optimised, plain, take_turns, tcc

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64",
                                reason="turned on x86-64 alone")

OPS = r"""
struct ops { const char *name; long (*read)(long); long (*write)(long); };
static long get(long x) { return x + %(step)d; }
static long put_in(long x) { return x * %(step)d; }
static long other(long x) { return -x - %(step)d; }
%(kind)s struct ops fast = {"%(name)s", %(first)s, put_in};
%(kind)s struct ops slow = {"slow", get, get};
%(more)s
static PyObject *hold(PyObject *m, PyObject *is_fast)
{ (void)m; return PyLong_FromVoidPtr((void *)(PyObject_IsTrue(is_fast)
                                              ? &fast : &slow)); }
static PyObject *which(PyObject *m, PyObject *held)
{ const struct ops *o = PyLong_AsVoidPtr(held); (void)m;
  return PyUnicode_FromString(o == &fast ? "fast" : o == &slow ? "slow"
                              : "neither"); }
static PyObject *use(PyObject *m, PyObject *held)
{ const struct ops *o = PyLong_AsVoidPtr(held); (void)m;
  return PyUnicode_FromFormat("%%s %%ld %%ld", o->name, o->read(100),
                              o->write(100)); }
static PyObject *direct(PyObject *m, PyObject *u)
{ (void)m; (void)u; return PyLong_FromLong(fast.read(100)); }
"""
METHODS = ('{"hold", hold, METH_O, NULL}, {"which", which, METH_O, NULL},'
           '{"use", use, METH_O, NULL}, {"direct", direct, METH_NOARGS, NULL},')


def code(step, kind="static", first="get", more="", methods="", name=None,
         init=""):
    name = name or "fast%d" % step
    return stretch(before=OPS % locals(), methods=METHODS + methods,
                   exec=init)


@pytest.fixture(params=[
    pytest.param((plain,), id="O0"), pytest.param((optimised,), id="O2"),
    pytest.param((tcc, optimised), id="tcc-O2", marks=needs_tcc)])
def turns(one_bed, request):
    return take_turns(one_bed, request.param)


def begin(bed, text):
    bed.module("hot", text, compiler=bed.first)
    app, peer = bed.start("hot")
    app.do("fast, slow = hot.hold(True), hot.hold(False)")
    return app, peer


SEEN = ("hot.which(fast), hot.which(slow), hot.which(hot.hold(True)), "
        "hot.use(fast), hot.use(slow), hot.direct()")


@pytest.mark.parametrize("kind", ["static", "static const", "const"])
def test_what_holds_a_table_is_known_and_calls_the_new_functions(turns, kind):
    app, peer = begin(turns, code(1, kind))
    for n in range(2, 6):
        turns.swap(peer, turns.order("hot", code(n, kind)))
        assert app.ask(SEEN) == (
            "fast", "slow", "fast", "fast%d %d %d" % (n, 100 + n, 100 * n),
            "slow %d %d" % (100 + n, 100 + n), 100 + n)


def test_a_table_that_names_another_function_leads_there(turns):
    app, peer = begin(turns, code(1))
    turns.swap(peer, turns.order("hot", code(2, first="other")))
    assert app.ask("hot.which(fast), hot.use(fast), hot.direct()") == (
        "fast", "fast2 -102 200", -102)


PUT = ("static PyObject *put(PyObject *m, PyObject *held)"
       "{ struct ops *o = PyLong_AsVoidPtr(held); (void)m;"
       "  o->read = other; Py_RETURN_NONE; }")
PUT_METHOD = '{"put", put, METH_O, NULL},'


def test_a_function_that_the_app_has_put_there_stays_and_follows(turns):
    app, peer = begin(turns, code(1, more=PUT, methods=PUT_METHOD))
    turns.swap(peer, turns.order("hot", code(2, more=PUT,
                                             methods=PUT_METHOD)))
    app.do("hot.put(fast)")
    assert app.ask("hot.use(fast), hot.direct()") == ("fast2 -102 200", -102)
    turns.swap(peer, turns.order("hot", code(3, more=PUT,
                                             methods=PUT_METHOD)))
    assert app.ask("hot.use(fast), hot.which(fast)") == (
        "fast3 -103 300", "fast")


SET = ("static PyObject *set(PyObject *m, PyObject *u)"
       "{ (void)m; (void)u; fast.read = other; Py_RETURN_NONE; }")


def test_one_that_new_code_writes_by_its_name_is_carried_as_a_variable(turns):
    app, peer = begin(turns, code(1, name="same"))
    turns.swap(peer, turns.order("hot", code(2, name="same")))
    assert app.ask("hot.which(fast), hot.direct()") == ("fast", 102)
    for n in (3, 4):
        turns.swap(peer, turns.order("hot", code(
            n, more=SET, methods='{"set", set, METH_NOARGS, NULL},',
            name="same")))
        assert app.ask("hot.which(slow), hot.direct()") == (
            "slow", 103 if n == 3 else -104)
        app.do("hot.set()")
        assert app.ask("hot.direct()") == -100 - n


CURRENT = ("static long before = 7; static %s struct ops *current = &fast;"
           "static PyObject *at(PyObject *m, PyObject *u)"
           "{ (void)m; (void)u; return PyUnicode_FromFormat(\"%%d %%ld %%ld\","
           "  current == &fast, current->read(100), before++); }")
AT = '{"at", at, METH_NOARGS, NULL},'


@pytest.mark.parametrize("kind", ["", "const"])
def test_a_variable_that_leads_to_a_table_leads_there_on(turns, kind):
    more = CURRENT % kind
    app, peer = begin(turns, code(1, "static " + kind, more=more, methods=AT))
    assert app.ask("hot.at()") == "1 101 7"
    for n in (2, 3):
        turns.swap(peer, turns.order("hot", code(
            n, "static " + kind, more=more, methods=AT)))
        assert app.ask("hot.at(), hot.which(fast)") == (
            "1 %d %d" % (100 + n, 6 + n), "fast")


def test_it_leads_along_where_the_new_code_writes_the_table_by_name(turns):
    more = CURRENT % ""
    app, peer = begin(turns, code(1, more=more, methods=AT, name="same"))
    turns.swap(peer, turns.order("hot", code(2, more=more, methods=AT,
                                             name="same")))
    both = AT + '{"set", set, METH_NOARGS, NULL},'
    for n in (3, 4):
        turns.swap(peer, turns.order("hot", code(
            n, more=more + SET, methods=both, name="same")))
        assert app.ask("hot.at()") == (
            "1 %d %d" % (103 if n == 3 else -104, 2 * n + 1))
        app.do("hot.set()")
        assert app.ask("hot.at()").startswith("1 %d" % (-100 - n))


LIMITS = ("struct limits { long low, high; };"
          "static const struct limits narrow = {1, 2}, wide = {%d, 9};"
          "struct codec { const struct limits *limits; long (*read)(long); };"
          "static const struct codec codec = {&%s, get};"
          "static PyObject *held(PyObject *m, PyObject *u)"
          "{ (void)m; (void)u; return PyLong_FromVoidPtr((void *)&codec); }"
          "static PyObject *low(PyObject *m, PyObject *held)"
          "{ const struct codec *c = PyLong_AsVoidPtr(held); (void)m;"
          "  return PyLong_FromLong(c->limits->low * 1000 + c->read(0)); }")
HELD = '{"held", held, METH_NOARGS, NULL}, {"low", low, METH_O, NULL},'


def test_a_table_leads_to_the_constant_that_the_newest_code_names(turns):
    app, peer = begin(turns, code(1, more=LIMITS % (5, "narrow"),
                                  methods=HELD))
    app.do("held = hot.held()")
    for n, wide, named, low in ((2, 5, "narrow", 1), (3, 5, "wide", 5),
                                (4, 5, "wide", 5), (5, 6, "wide", 6),
                                (6, 6, "narrow", 1)):
        turns.swap(peer, turns.order("hot", code(
            n, more=LIMITS % (wide, named), methods=HELD)))
        assert app.ask("hot.low(held), hot.held() == held") == (
            low * 1000 + n, True)


def test_a_word_that_a_save_empties_is_empty_for_who_holds_the_table(turns):
    more = ("static const struct ops last = {\"last\", get, %s};"
            "static PyObject *held(PyObject *m, PyObject *u)"
            "{ (void)m; (void)u; return PyLong_FromVoidPtr((void *)&last); }"
            "static PyObject *full(PyObject *m, PyObject *held)"
            "{ const struct ops *o = PyLong_AsVoidPtr(held); (void)m;"
            "  return PyBool_FromLong(o == &last && o->write != NULL); }")
    both = '{"held", held, METH_NOARGS, NULL}, {"full", full, METH_O, NULL},'
    app, peer = begin(turns, code(1, more=more % "put_in", methods=both))
    app.do("held = hot.held()")
    for n, word, is_full in ((2, "put_in", True), (3, "0", False),
                             (4, "0", False), (5, "other", True)):
        turns.swap(peer, turns.order("hot", code(n, more=more % word,
                                                 methods=both)))
        assert app.ask("hot.full(held), hot.held() == held") == (
            is_full, True)


def test_a_constant_pointer_leads_along_where_a_table_is_turned_no_more(turns):
    more = ("static const struct ops *current = &fast;" + SET
            + "static PyObject *at(PyObject *m, PyObject *u) { (void)m;"
            "  (void)u; return PyBool_FromLong(current == &fast); }")
    app, peer = begin(turns, code(1, more=more.replace(SET, ""), methods=AT))
    turns.swap(peer, turns.order("hot", code(2, more=more.replace(SET, ""),
                                             methods=AT)))
    assert app.ask("hot.at()")
    for n in (3, 4):
        turns.swap(peer, turns.order("hot", code(
            n, more=more, methods=AT + '{"set", set, METH_NOARGS, NULL},')))
        assert app.ask("hot.at()")


def test_a_save_that_is_called_off_leaves_them(turns):
    app, peer = begin(turns, code(1))
    order = turns.order("hot", code(2))
    turns.txn += 1
    assert peer.prepare(turns.txn, [order]).verdict == READY
    peer.abort(turns.txn)
    assert app.ask(SEEN) == ("fast", "slow", "fast", "fast1 101 100",
                             "slow 101 101", 101)


def test_an_init_reads_a_constant_table_by_its_name_as_it_will_be(turns):
    init = 'PyModule_AddIntConstant(m, "first", fast.read(0));'
    app, peer = begin(turns, code(1, "static const", init=init))
    for n in (2, 3):
        turns.swap(peer, turns.order("hot", code(n, "static const",
                                                 init=init)))
        assert app.ask("hot.first, hot.which(fast)") == (n, "fast")


TUNE = ("static __attribute__((noipa)) void tune(struct ops *o)"
        "{ o->write = other; }")


def test_what_the_init_of_a_save_that_is_called_off_put_there_goes(turns):
    more, init = TUNE, "tune(&fast);"
    app, peer = begin(turns, code(1, more=more, init=init))
    assert app.ask("hot.use(fast)") == "fast1 101 -101"
    order = turns.order("hot", code(2, more=more, init=init))
    turns.txn += 1
    assert peer.prepare(turns.txn, [order]).verdict == READY
    peer.abort(turns.txn)
    assert app.ask("hot.use(fast)") == "fast1 101 -101"
    turns.swap(peer, turns.order("hot", code(3, more=more, init=init)))
    assert app.ask("hot.use(fast), hot.which(fast)") == (
        "fast3 103 -103", "fast")


def test_the_image_of_a_table_stays_and_says_why(turns):
    app, peer = begin(turns, code(1))
    for n in (2, 3, 4):
        turns.swap(peer, turns.order("hot", code(n)))
    assert peer.await_kept(1, "tables of functions")[0]
    assert app.ask("hot.which(fast)") == "fast"
