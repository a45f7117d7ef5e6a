"""Handles that stay open while the code behind them is swapped."""
import pytest

from live import APP, Live

# what the app does with them, under one module of functions
KEEP = """\
import scoring

held = []

def opened(number):
    held.append(scoring.thing_open(number))
    return len(held)

def known():
    return [scoring.thing_number(t) for t in held]

def is_one_class():
    return all(type(t) is scoring.thing for t in held)

def dropped():
    held.pop()
    return scoring.last()

def closed():
    return held.pop().close()

def methods():
    return sorted(n for n in dir(scoring.thing) if n in
                  ("close", "__enter__", "__exit__"))
"""

SOURCE = """\
#include <cowbird.h>
#include <stdlib.h>
typedef struct thing { int number; } thing;
static int last_closed;
thing *
thing_open(int number)
{
    thing *t = malloc(sizeof(*t));
    t->number = number;
    return t;
}
int thing_number(thing *t) { return %d + t->number; }
int last(void) { return last_closed; }
%s
"""
CLOSE = """\
CB_CLOSES int
thing_close(thing *t)
{
    int was = last_closed = %d + t->number;
    free(t);
    return was;
}
"""


def source(value, has_close=True):
    return SOURCE % (value, CLOSE % value if has_close else
                     "int thing_is(const thing *t) { return t != NULL; }")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "keep.py").write_text(KEEP)
    (folder / "scoring.c").write_text(source(100))
    return folder


def test_an_open_handle_meets_the_newest_code(program, project, any_python):
    with Live(program, project, python=any_python) as live:
        live.port()
        for number in range(1, 4):
            live.get("/keep/opened?%d" % number)
        assert live.get("/keep/known") == (200, "[101, 102, 103]")
        live.save("scoring.c", source(200))
        live.event("swap", module="scoring")
        assert live.get("/keep/known") == (200, "[201, 202, 203]")
        assert live.get("/keep/is_one_class") == (200, "True")
        assert live.get("/keep/dropped") == (200, "203")
        assert live.get("/keep/closed") == (200, "202")
        live.get("/keep/opened?5")
        assert live.get("/keep/is_one_class") == (200, "True")
        # The ones that are left are ended by code that is many swaps younger.
        for value in range(300, 1300, 100):
            live.save("scoring.c", source(value))
            live.event("swap", module="scoring")
        assert live.get("/keep/known") == (200, "[1201, 1205]")
        assert live.get("/keep/dropped") == (200, "1205")
        assert live.get("/keep/closed") == (200, "1201")


OPAQUE = source(100, False).replace(
    "typedef struct thing { int number; } thing;",
    "typedef struct thing thing;").replace("t->number = number", "*(int *)t = "
    "number").replace("t->number", "*(int *)t").replace(
    "sizeof(*t)", "sizeof(int)")


def test_a_class_gains_its_closing_function(program, project):
    (project / "scoring.c").write_text(OPAQUE)
    with Live(program, project) as live:
        live.port()
        live.get("/keep/opened?1")
        live.get("/keep/opened?2")
        assert live.get("/keep/methods") == (200, "[]")
        assert live.get("/keep/dropped") == (200, "0")
        live.save("scoring.c", source(200))
        live.event("swap", module="scoring")
        assert live.get("/keep/methods") == (
            200, "['__enter__', '__exit__', 'close']")
        assert live.get("/keep/known") == (200, "[201]")
        live.get("/keep/opened?7")
        assert live.get("/keep/dropped") == (200, "207")
        live.save("scoring.c", OPAQUE.replace("100", "300"))
        live.event("swap", module="scoring")
        assert live.get("/keep/methods") == (200, "[]")
        assert live.get("/keep/known") == (200, "[301]")
