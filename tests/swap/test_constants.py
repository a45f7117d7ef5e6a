"""Constants whose address says something: what lives longer than the code
that made it holds them, and new code knows them again."""
import pytest

from bed import stretch
from tiers import needs_tcc, optimised, plain, take_turns, tcc

MARK = r"""
typedef struct { long a, b; } Mark;
%(before)s
static const Mark none = {%(value)s, 4};
%(more)s
static PyObject *mark(PyObject *m, PyObject *u)
{ (void)m; (void)u; return PyLong_FromVoidPtr((void *)&none); }
static PyObject *is_mark(PyObject *m, PyObject *o)
{ (void)m; return PyBool_FromLong(PyLong_AsVoidPtr(o) == (void *)&none); }
static PyObject *step(PyObject *m, PyObject *u)
{ (void)m; (void)u; return PyLong_FromLong(%(step)d + none.b - 4); }
"""
METHODS = ('{"mark", mark, METH_NOARGS, NULL},'
           '{"is_mark", is_mark, METH_O, NULL},'
           '{"step", step, METH_NOARGS, NULL},')


def marked(step, value="3", before="", more="", methods=""):
    return stretch(before=MARK % locals(), methods=METHODS + methods)


@pytest.fixture(params=[
    pytest.param((plain,), id="O0"), pytest.param((optimised,), id="O2"),
    pytest.param((tcc,), id="tcc", marks=needs_tcc),
    pytest.param((tcc, optimised), id="tcc-O2", marks=needs_tcc)])
def marks(bed, request):
    return take_turns(bed, request.param)


def begin(bed, code):
    bed.module("hot", code, compiler=bed.first)
    app, peer = bed.start("hot")
    app.do("mark = hot.mark()")
    return app, peer


def test_what_holds_a_constant_s_address_is_known_to_newer_code(marks):
    app, peer = begin(marks, marked(1))
    for step in range(2, 6):
        marks.swap(peer, marks.order("hot", marked(step)))
        assert app.ask("hot.step(), hot.is_mark(mark), hot.mark() == mark") \
            == (step, True, True)


def test_the_image_that_a_constant_is_of_stays_and_says_why(marks):
    app, peer = begin(marks, marked(1))
    for step in (2, 3, 4):
        marks.swap(peer, marks.order("hot", marked(step)))
    peer.await_retired(2)
    assert peer.await_kept(1, "constants") == (
        True, "its constants are known by their addresses")
    assert app.ask("hot.is_mark(mark)")


def test_a_constant_that_a_save_changes_is_another(marks):
    app, peer = begin(marks, marked(1))
    marks.swap(peer, marks.order("hot", marked(2, value="5")))
    assert app.ask("hot.is_mark(mark), hot.is_mark(hot.mark())") == (
        False, True)
    app.do("second = hot.mark()")
    marks.swap(peer, marks.order("hot", marked(3, value="5")))
    assert app.ask("hot.is_mark(mark), hot.is_mark(second)") == (False, True)


def test_a_pointer_to_a_constant_is_carried_as_it_was(marks):
    more = ("static const Mark *current = &none;\n"
            "static PyObject *is_none(PyObject *m, PyObject *u)"
            "{ (void)m; (void)u; return PyBool_FromLong(current == &none); }\n"
            "static PyObject *now(PyObject *m, PyObject *u)"
            "{ (void)m; (void)u; return PyLong_FromVoidPtr((void *)current); }"
            "static PyObject *put(PyObject *m, PyObject *o)"
            "{ (void)m; current = PyLong_AsVoidPtr(o); Py_RETURN_NONE; }")
    methods = ('{"is_none", is_none, METH_NOARGS, NULL},'
               '{"now", now, METH_NOARGS, NULL},'
               '{"put", put, METH_O, NULL},')
    app, peer = begin(marks, marked(1, more=more, methods=methods))
    app.do("hot.put(0); hot.put(mark)")
    for step in (2, 3):
        marks.swap(peer, marks.order(
            "hot", marked(step, more=more, methods=methods)))
        assert app.ask("hot.is_none(), hot.now() == mark, hot.step()") == (
            True, True, step)


WALKED = ("static const unsigned char walked[32] = "
          "{1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1};")
WALK = ("static PyObject *walk(PyObject *m, PyObject *u)"
        "{ long sum = 0; (void)m; (void)u;"
        "  for (const unsigned char *at = walked; at < walked + 32; at++)"
        "    sum += *at; return PyLong_FromLong(sum); }")


def test_an_array_s_end_is_never_taken_for_the_constant_behind_it(marks):
    def code(step):
        return marked(step, before=WALKED, more=WALK,
                      methods='{"walk", walk, METH_NOARGS, NULL},')
    app, peer = begin(marks, code(1))
    for step in (2, 3):
        marks.swap(peer, marks.order("hot", code(step)))
        assert app.ask("hot.step(), hot.walk()") == (step, 32)
