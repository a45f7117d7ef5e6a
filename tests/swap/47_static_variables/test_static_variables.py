"""47. Static variables: carried, or said why not; the same in both tiers."""
import os

import pytest

from bed import FAILED, returning, stretch
from tiers import each_tier, needs_tcc, optimised, tcc


def code(step=1, statics="", count="static long count;", body="", more=""):
    return stretch(
        before="%s\n%s\n"
               "static long bump(void)\n{\n  static long inner = 5;\n"
               "  return inner += %d;\n}\n"
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


def test_the_file_of_what_serves_was_read_when_it_came(bed):
    """The next swap needs it no more; nor does one after a refusal."""
    bed.module("hot", code())
    app, peer = bed.start("hot")
    app.do("hot.tick()")
    serves = bed.order("hot", code(10))
    bed.swap(peer, serves)
    os.unlink(serves["artefact"])
    nameless = code(9).replace("PyInit_hot", "PyInit_other")
    order = bed.order("hot", nameless)
    assert peer.prepare(7, [order]).verdict == FAILED
    done = bed.swap(peer, bed.order("hot", code(100)))
    assert done.state["hot"] == []
    assert app.ask("hot.tick()") == (101, 106)


def test_a_save_is_refused_when_the_file_of_what_serves_went_unread(bed):
    bed.module("hot", code())
    app, peer = bed.start("hot")
    app.do("hot.tick()")
    os.unlink(bed.modules["hot"][2])
    done = bed.refuse(peer, bed.order("hot", code(10)))
    assert "can't be read" in done.reason and "restart" in done.reason
    assert app.ask("hot.tick()") == (2, 7)


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


@needs_tcc
def test_a_change_of_compiler_keeps_everything_and_says_nothing(bed):
    bed.module("hot", code(), compiler=tcc)
    app, peer = bed.start("hot")
    assert app.ask("hot.tick()") == (1, 6)
    for step, tier, now in ((10, tcc, (11, 16)), (100, optimised, (111, 116)),
                            (1, tcc, (112, 117))):
        done = bed.swap(peer, bed.order("hot", code(step), compiler=tier))
        assert app.ask("hot.tick()") == now
        assert done.state["hot"] == []


ZOO = """
#include <stdbool.h>
#include <stdio.h>
typedef struct { unsigned a:3, b:5; signed char c; union { int i; float f; };
                 struct { short s, t; } in; } Bits;
struct node { struct node *next; double w; char name[16]; int m[3][4]; };
enum color { RED, GREEN };
static Bits bits[2];
static struct node one, *list;
static bool flag, flags[7];
static long double ld;
static const char *volatile text = "a";
static enum color col;
static void *any;
static FILE *file;
static struct opaque *hidden;
static int (*fn)(int, struct node *);
static unsigned long long ull;
static char ch;
static signed char sch;
static unsigned char uch;
static float fl;
static PyObject *object;
static int plus(int x, struct node *n) { return x + (n != NULL); }
static PyObject *
put(PyObject *m, PyObject *u)
{
    bits[1].a = 5; bits[1].b = 17; bits[1].c = -3; bits[1].i = 77;
    bits[0].in.t = 9; one.w = 2.5; one.m[2][3] = 8; one.next = &one;
    list = one.next; flag = true; flags[6] = true; ld = 1.25L; col = GREEN;
    any = &bits[1]; file = stdout; hidden = any; fn = plus; ull = 1ull << 63;
    ch = 'x'; sch = -7; uch = 200; fl = 0.5f; Py_INCREF(Py_None);
    object = Py_None; text = "a text of its own";
    Py_RETURN_NONE;
}
static PyObject *
get(PyObject *m, PyObject *u)
{
    bool is_right = bits[1].a == 5 && bits[1].b == 17 && bits[1].c == -3
        && bits[1].i == 77 && bits[0].in.t == 9 && one.w == 2.5
        && one.m[2][3] == 8 && one.next == &one && list == &one && flag
        && flags[6] && ld == 1.25L && col == GREEN && any == &bits[1]
        && file == stdout && (void *)hidden == &bits[1] && fn == plus
        && fn(1, list) == 2 && ull == 1ull << 63 && ch == 'x' && sch == -7
        && uch == 200 && fl == 0.5f && object == Py_None
        && strcmp(text, "a text of its own") == 0;
    return PyBool_FromLong(is_right + 0 * %d);
}
"""


def zoo(n):
    return stretch(before=ZOO % n, methods='{"put", put, METH_NOARGS, NULL},'
                                           '{"get", get, METH_NOARGS, NULL},')


@needs_tcc
def test_every_kind_of_type_is_the_same_for_both_compilers(bed):
    bed.module("hot", zoo(0), compiler=tcc)
    app, peer = bed.start("hot")
    app.do("hot.put()")
    for n, tier in ((1, tcc), (2, optimised), (3, optimised), (4, tcc)):
        done = bed.swap(peer, bed.order("hot", zoo(n), compiler=tier))
        assert done.state["hot"] == []
        assert app.ask("hot.get()") is True, n


@each_tier
def test_what_is_not_kept_is_said_with_its_reason(bed, tier):
    def point(fields, count, more=""):
        return stretch(
            before="struct point {\n%s\n};\nstatic struct point here;\n"
                   "%s\n%s\n"
                   "static PyObject *sum(PyObject *m, PyObject *u) {\n"
                   "  static long calls;\n  calls++; count += 1; here.x += 1;"
                   "\n  return PyFloat_FromDouble(calls * 100 + count * 10 "
                   "+ here.x);\n}\n" % (fields, count, more),
            methods='{"sum", sum, METH_NOARGS, NULL},')

    bed.module("hot", point("int x; float y;", "static long count;"),
               compiler=tier)
    app, peer = bed.start("hot")
    assert app.ask("hot.sum()") == 111

    def said(*code):
        return bed.swap(peer, bed.order("hot", point(*code),
                                        compiler=tier)).state["hot"]

    fields = "int x; float y;"
    assert said(fields, "static long count;") == []
    assert app.ask("hot.sum()") == 222
    assert said(fields, "static long count = 3;") == [
        "count reset: its initialiser changed (0 to 3)"]
    assert app.ask("hot.sum()") == 343
    assert said(fields, "static double count = 3;") == [
        "count reset: its type changed (long int to double)"]
    assert app.ask("hot.sum()") == 444
    assert said("float y; int x;", "static double count = 3;") == [
        "here reset: the layout of struct point changed"]
    assert app.ask("hot.sum()") == 551
    assert said("float y; int x; int z;", "static double count = 3;") == [
        "here reset: it goes from 8 to 12 bytes"]
    assert app.ask("hot.sum()") == 661
    kept = ("float y; int x; int z;", "static double count = 3;")
    more = ("static long cache[4];\nlong look(int i) { return cache[i]++; }"
            "\nstatic PyObject *more(PyObject *m, PyObject *u) "
            "{ return PyLong_FromLong(look(1)); }")
    assert said(*kept, more) == ["cache added"]
    assert said(*kept) == ["cache gone"]
    assert app.ask("hot.sum()") == 772


@each_tier
def test_variables_of_one_name_stay_with_their_functions(bed, tier):
    """In any order, and when one of the functions goes or comes."""
    def functions(*names, more=""):
        return stretch(
            before="".join(
                "static PyObject *\n%s(PyObject *m, PyObject *u)\n{\n"
                "    static long calls;\n    calls++;\n"
                "    return PyLong_FromLong(calls);\n}\n" % name
                for name in names) + more,
            methods="".join('{"%s", %s, METH_NOARGS, NULL},' % (name, name)
                            for name in names))

    bed.module("hot", functions("one", "two", "three"), compiler=tier)
    app, peer = bed.start("hot")
    app.do("hot.one(); hot.two(); hot.two()")
    app.do("[hot.three() for _ in range(3)]")
    done = bed.swap(peer, bed.order("hot", functions("three", "one", "two"),
                                    compiler=tier))
    assert done.state["hot"] == []
    assert app.ask("hot.one(), hot.two(), hot.three()") == (2, 3, 4)
    done = bed.swap(peer, bed.order("hot", functions("four", "three", "one"),
                                    compiler=tier))
    assert sorted(done.state["hot"]) == ["calls in four() added",
                                         "calls in two() gone"]
    assert app.ask("hot.one(), hot.three(), hot.four()") == (3, 5, 1)


@needs_tcc
def test_stabs_and_no_debug_information_keep_what_has_a_name_of_its_own(bed):
    bed.module("hot", code(), "-gstabs", compiler=tcc)
    app, peer = bed.start("hot")
    app.do("hot.tick()")
    done = bed.swap(peer, bed.order("hot", code(10), "-O1"))
    assert (app.ask("hot.tick()"), done.state["hot"]) == ((11, 16), [])
    bed.swap(peer, bed.order("hot", code(100), "-gstabs", compiler=tcc))
    assert app.ask("hot.tick()") == (111, 116)
