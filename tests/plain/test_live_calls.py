"""Calls that last longer than the code they began with. Their module has no
variables: one that has some waits for its calls."""
import pytest

from live import APP, Live

KEEP = """\
import os, threading
import scoring

ended = []
told, tell = os.pipe()
leave, let = os.pipe()

def began():
    def call():
        try:
            ended.append(scoring.wait(tell, leave))
        except Exception as error:
            ended.append(str(error))
    threading.Thread(target=call).start()
    os.read(told, 1)
    return "inside"

def let_go():
    os.write(let, b"!")
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
#include <unistd.h>
CB_NOGIL int
wait(int tell, int leave)
{
    char byte = 1;
    int was = VALUE;
    if (write(tell, &byte, 1) == 1 && read(leave, &byte, 1) == 1) {
        cb_raise(CB_KeyError, "ended on %d", was);
    }
    return 0;
}
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
