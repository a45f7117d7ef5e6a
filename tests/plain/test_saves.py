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
