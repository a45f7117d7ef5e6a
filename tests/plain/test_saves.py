"""Plain modules in a running session: what a save changes, and what it must
not."""
import pytest

from live import APP, Live

PLAIN = """\
#include <cowbird.h>
%s
"""
FIRST = PLAIN % "int answer(void) { return 101; }"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(FIRST)
    return folder


def test_a_body_is_swapped(program, project, any_python):
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "101")
        live.save("scoring.c", FIRST.replace("101", "202"))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "202")


BOTH = """\
#include <cowbird.h>
#include "unit.h"

/** %s */
int answer(CB_DEFAULT(0) %s more)
{
    return %s + (int)(more + UNIT);
}
"""


def test_only_a_body_does_without_reading_the_source_twice(program, project):
    """What a binding is made of is text, headers and flags; each of them,
    changed alone, makes another."""
    (project / "unit.h").write_text("enum { UNIT = 0 };\n")
    (project / "scoring.c").write_text(BOTH % ("a", "int", "1"))
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer?7") == (200, "8")
        for text, binding, wanted in [
                (BOTH % ("a", "int", "2"), "reused", "9"),
                (BOTH % ("a", "int", "\n\n3"), "reused", "10"),
                (BOTH % ("a", "int8_t", "3"), "made", "10"),
                (BOTH % ("a", "int8_t", "4"), "reused", "11"),
                (BOTH % ("b", "int8_t", "4"), "made", "11")]:
            live.save("scoring.c", text)
            swap = live.event("swap", module="scoring")
            assert swap["binding"] == binding, text
            assert live.get("/scoring/answer?7") == (200, wanted)
        live.save("unit.h", "enum { UNIT = 1 };\n")
        assert live.event("swap", module="scoring")["binding"] == "made"
        assert live.get("/scoring/answer?7") == (200, "12")
        assert live.get("/scoring/answer?300")[0] == 500


def test_a_new_signature_is_live_and_named_in_its_refusals(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        live.save("scoring.c", PLAIN % (
            "int answer(int8_t more) { return 2 + more; }\n"
            "int added(void) { return cb_raise(CB_KeyError, \"no\"); }"))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer?10") == (200, "12")
        assert live.get("/scoring/answer?300") == (
            500, "OverflowError: answer() argument 'more' is 300, and "
                 "'signed char' holds -128 to 127")
        assert live.get("/scoring/answer") == (
            500, "TypeError: answer() lacks its argument 'more'")
        assert live.get("/scoring/added") == (500, "KeyError: 'no'")


def test_what_cannot_be_bound_leaves_the_old_serving(program, project):
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "101")
        live.save("scoring.c", FIRST + "int *lost(void) { return 0; }\n")
        live.event("error", module="scoring", generation=1)
        assert live.get("/scoring/answer") == (200, "101")
        said = "".join(live.err)
        assert "scoring.c:3:6: error: 'lost' returns 'int *'" in said
        assert "gen 1 still serves" in said
        live.save("scoring.c", FIRST)
        live.event("same", module="scoring")
        assert live.get("/scoring/answer") == (200, "101")


def test_static_variables_stay(program, project):
    counting = PLAIN % ("static int calls;\n"
                        "int answer(void) { return 100 + ++calls; }")
    (project / "scoring.c").write_text(counting)
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "101")
        live.save("scoring.c", counting.replace("100 +", "200 +"))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "202")


# What keeps references from before a save.
HOLDER = """\
import functools
import scoring
from scoring import answer
partial = functools.partial(answer, 5)
kept = []
def old(*args): return answer(*args)
def applied(): return partial()
def named(x): return answer(more=x)
def hold(n): kept.append(scoring.series(n)); return len(kept)
def held(): return [list(x) for x in kept]
def drop(): kept.clear(); return scoring.freed()
"""


def test_a_default_is_live_through_old_references(program, project):
    (project / "holder.py").write_text(HOLDER)
    (project / "scoring.c").write_text(
        PLAIN % "int answer(int a) { return a; }")
    with Live(program, project) as live:
        live.port()
        assert live.get("/holder/old?3") == (200, "3")
        assert live.get("/holder/old") == (
            500, "TypeError: answer() lacks its argument 'a'")
        live.save("scoring.c", PLAIN % (
            "int answer(CB_DEFAULT(7) int a, CB_DEFAULT(10) int more)\n"
            "{ return a * more; }"))
        live.event("swap", module="scoring")
        assert live.get("/holder/old") == (200, "70")
        assert live.get("/holder/old?3") == (200, "30")
        assert live.get("/holder/applied") == (200, "50")
        assert live.get("/holder/named?2") == (200, "14")
        live.save("scoring.c", PLAIN % (
            "void answer(int a, CB_OUT int *twice, CB_OUT const char **s)\n"
            "{ *twice = 2 * a; *s = \"text\"; }"))
        live.event("swap", module="scoring")
        assert live.get("/holder/applied") == (200, "(10, 'text')")
        assert live.get("/holder/old") == (
            500, "TypeError: answer() lacks its argument 'a'")


def test_a_buffer_outlives_the_code_that_made_it(program, project,
                                                 any_python):
    """Its memory is freed once, by what the last save made of its freer."""
    code = PLAIN % """\
#include <stdlib.h>
static long count;
long freed(void) { return count; }
void give_back(void *p) { free(p); count += 1; }
int answer(void) { return 1; }
CB_OWNED_BY(give_back) int *
series(int last, CB_OUT size_t *n)
{
    int *x = malloc(sizeof(*x) * 100);
    for (int i = 0; i < last; i++) {
        x[i] = i * FACTOR;
    }
    *n = (size_t)last;
    return x;
}
"""
    (project / "holder.py").write_text(HOLDER)
    (project / "scoring.c").write_text(code.replace("FACTOR", "1"))
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/holder/hold?3") == (200, "1")
        live.save("scoring.c", code.replace("FACTOR", "10"))
        live.event("swap", module="scoring")
        assert live.get("/holder/hold?2") == (200, "2")
        live.save("scoring.c", code.replace("FACTOR", "100")
                  .replace("count += 1", "count += 1000"))
        live.event("swap", module="scoring")
        assert live.get("/holder/hold?2") == (200, "3")
        assert live.get("/holder/held") == (
            200, "[[0, 1, 2], [0, 10], [0, 100]]")
        assert live.get("/holder/drop") == (200, "3000")


def test_an_exception_stays_the_class_it_was(program, project, any_python):
    code = PLAIN % ("CB_EXCEPTION(First, CB_LookupError);\n"
                    "int answer(int a) { return cb_raise(First, \"%d\", a); "
                    "}")
    (project / "holder.py").write_text("""\
import scoring
from scoring import First, answer
def ask(a):
    try:
        answer(a)
    except First as error:
        return "%s %s" % (error, First is scoring.First)
def second(): return scoring.Second.__mro__[1].__name__
""")
    (project / "scoring.c").write_text(code)
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/holder/ask?1") == (200, "1 True")
        live.save("scoring.c", code.replace(
            "CB_EXC", "CB_EXCEPTION(Second, CB_OSError);\nCB_EXC"))
        live.event("swap", module="scoring")
        assert live.get("/holder/ask?2") == (200, "2 True")
        assert live.get("/holder/second") == (200, "OSError")
