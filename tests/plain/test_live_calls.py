"""Calls that last longer than the code they began with."""
import pytest

from live import APP, Live

KEEP = """\
import threading
import scoring

ended = []

def began():
    def call():
        try:
            ended.append(scoring.wait())
        except Exception as error:
            ended.append(str(error))
    threading.Thread(target=call).start()
    while not scoring.is_inside():
        pass
    return "inside"

def let_go():
    scoring.go()
    while not ended:
        pass
    return ended

def held():
    # in threads that stand where the one that waited stood
    said = set()

    def call():
        try:
            scoring.held()
        except KeyError as error:
            said.add(str(error))

    for _ in range(20):
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    return said

def visited():
    seen = []
    scoring.each(lambda i: seen.append(i))
    return seen
"""

SOURCE = """\
#include <cowbird.h>
static volatile int inside, may_go;
CB_NOGIL int
wait(void)
{
    int was = VALUE;
    inside = 1;
    while (!*(volatile int *)may_go_at()) {
    }
    cb_raise(CB_KeyError, "ended on %d", was);
    return 0;
}
int is_inside(void) { return inside; }
void go(void) { *may_go_at() = 1; }
CB_NOGIL int answer(void) { return cb_raise(CB_KeyError, "VALUE"); }
int held(void) { return cb_raise(CB_KeyError, "held"); }
CB_NOGIL void
each(void (*visit)(void *, int), void *data)
{
    for (int i = 0; i < 3; i++) {
        visit(data, VALUE + i);
    }
}
"""
# The same word for all generations: the waiting one looks at its own image.
SOURCE = SOURCE.replace(
    "static volatile int inside, may_go;",
    "#include <stdlib.h>\nstatic volatile int inside;\nstatic int *where;\n"
    "static int *\nmay_go_at(void)\n{\n    if (where == NULL) {\n"
    "        where = calloc(1, sizeof(*where));\n    }\n"
    "    return where;\n}\n")


def source(value):
    return SOURCE.replace("VALUE", str(value))


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "keep.py").write_text(KEEP)
    (folder / "scoring.c").write_text(source(100))
    return folder


def test_a_call_without_the_gil_outlives_its_code(program, project,
                                                  any_python):
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/keep/began") == (200, "inside")
        for value in (200, 300, 400):
            live.save("scoring.c", source(value))
            live.event("swap", module="scoring")
            assert live.get("/scoring/answer") == (
                500, "KeyError: '%d'" % value)
            assert live.get("/keep/visited") == (
                200, str([value, value + 1, value + 2]))
        assert live.get("/keep/let_go") == (200, '["\'ended on 100\'"]')
        assert live.get("/scoring/answer") == (500, "KeyError: '400'")
        assert live.get("/keep/held") == (200, '{"\'held\'"}')
