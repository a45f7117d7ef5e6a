"""The optimised build of a long source compiles what changed, and is what the
whole would be: values, state, lines."""
import re

import pytest

from live import APP, Live

HEAD = """\
#include <stdlib.h>
#include <cowbird.h>

static long calls;

/* How often any of us was called. */
long
counted(void)
{
    return ++calls;
}

static long
half(long x)
{
    return x / 2;
}
"""
PART = """
long
part_%(n)d(long x)
{
    static long kept = %(n)d;
    long sum = half(x);
    for (long i = 0; i < x; i++) {
        sum += i * %(factor)d;
    }
    kept++;
    return sum * 1000 + kept;
}
"""
FATAL = """
long
fatal(long x)
{
    if (x == 0) {
        abort();
    }
    return x;
}
"""
PARTS = 16


def parts(factors):
    """A source whose functions multiply by what `factors` says, else by 1."""
    return HEAD + "".join(PART % {"n": n, "factor": factors.get(n, 1)}
                          for n in range(PARTS)) + FATAL


RAW_PART = """
static PyObject *
part_%(n)d(PyObject *self, PyObject *x)
{
    static long kept = %(n)d;
    (void)self;
    long sum = 0;
    for (long i = 0; i < PyLong_AsLong(x); i++) {
        sum += i * %(factor)d;
    }
    kept++;
    return PyLong_FromLong(sum * 1000 + kept);
}
"""
RAW_END = """
static PyMethodDef methods[] = {
%s    {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "scoring", .m_methods = methods};

PyMODINIT_FUNC
PyInit_scoring(void)
{
    return PyModuleDef_Init(&module);
}
"""


def raw_parts(factors):
    """The same as a raw module, whose table alone mentions its functions."""
    return "#include <Python.h>\n" + "".join(
        RAW_PART % {"n": n, "factor": factors.get(n, 1)}
        for n in range(PARTS)) + RAW_END % "".join(
            '    {"part_%d", part_%d, METH_O, NULL},\n' % (n, n)
            for n in range(PARTS))


@pytest.fixture
def live(program, python, tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "scoring.c").write_text(parts({}))
    with Live(program, tmp_path, python=python, options=("-v",)) as live:
        live.port()
        assert live.get("/scoring/counted") == (200, "1")
        live.meet()
        yield live


def saved(live, text):
    """The event of the optimised build that follows a save."""
    live.save("scoring.c", text)
    live.event("swap", module="scoring")
    return live.event("tier", module="scoring")


def saved_in_pieces(live, make):
    """Saves what `make` gives for 1, 2, ... until a compiler waited for one;
    that event, and its text."""
    for n in range(1, 50):
        tier = saved(live, make(n))
        if tier["pieces"] > 0:
            return tier, make(n)
    raise AssertionError(live.words())


def value(live, function, argument=""):
    status, body = live.get(f"/scoring/{function}{argument}")
    assert status == 200, body
    return int(body)


def test_it_compiles_the_piece_that_changed(live):
    first, _ = saved_in_pieces(live, lambda n: parts({3: 100 + n}))
    assert first["pieces"] > 3
    second = saved(live, parts({3: 20}))
    assert second["pieces"] == first["pieces"]
    assert second["pieces_compiled"] == 1
    assert f"1 of {second['pieces']} pieces" in second["text"]
    assert value(live, "part_3", "?3") // 1000 == 1 + (0 + 1 + 2) * 20
    assert value(live, "part_4", "?3") // 1000 == 1 + (0 + 1 + 2)


def test_the_first_save_of_a_session_finds_its_pieces_compiled(live):
    live.said(re.compile(r"(\d+) of \1 pieces compiled ahead"))
    first = saved(live, parts({3: 20}))
    assert first["pieces_compiled"] == 1 < first["pieces"]


def test_variables_go_on_from_tier_to_tier(live):
    saved_in_pieces(live, lambda n: parts({0: 100 + n}))
    assert value(live, "counted") == 2
    for n in range(3):
        assert saved(live, parts({0: n + 2}))["pieces"] > 3
        for part in (0, 9, PARTS - 1):
            assert value(live, f"part_{part}", "?0") == part + 1 + n
        assert value(live, "counted") == 3 + n


def test_a_crash_is_told_at_its_line(live):
    _, before = saved_in_pieces(live, lambda n: parts({0: 100 + n}))
    text = before.replace("static long calls;", "/* It\n * moves. */\n"
                          "static long calls;").replace("* 1;", "* 2;", 1)
    assert saved(live, text)["pieces_compiled"] == 1
    pid = live.get("/pid/")[1]
    with pytest.raises(OSError):
        live.get("/scoring/fatal?0")
    crash = live.event("crashed", module="scoring")
    assert crash["function"] == "fatal"
    assert crash["line"] == 1 + text[:text.index("abort()")].count("\n")
    assert str(crash["pid"]) == pid


def test_a_raw_modules_table_does_not_hold_its_functions_together(
        program, python, tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "scoring.c").write_text(raw_parts({}))
    with Live(program, tmp_path, python=python, options=("-v",)) as live:
        live.port()
        assert value(live, "part_3", "?3") == 3 * 1000 + 4
        live.meet()
        saved_in_pieces(live, lambda n: raw_parts({3: 100 + n}))
        for n in range(3):
            assert saved(live, raw_parts({3: n + 2}))["pieces_compiled"] == 1
            assert value(live, "part_3", "?3") == 3 * (n + 2) * 1000 + 5 + n
