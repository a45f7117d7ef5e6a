"""CB_ASYNC functions under FastAPI and uvicorn, and under trio by anyio."""
import subprocess
import threading

import pytest

from live import Live

APP = """\
import os, select, socket
import anyio, fastapi, uvicorn
import flight, work

app = fastapi.FastAPI()

@app.middleware("http")
async def passes(request, call_next):  # brings anyio's scopes
    return await call_next(request)

@app.get("/does/{name}")
def plain(name: str):
    return getattr(work, name)()

told, tell = os.pipe()
leave, let = os.pipe()

@app.get("/meet")
async def meet():
    return await flight.meet(tell, leave)

@app.get("/began")
def began():
    return len(select.select([told], [], [], 0)[0])

@app.get("/leave")
def may_leave():
    return os.write(let, b"go")  # this one and the next

@app.get("/answer")
def answer():
    return flight.answer()

@app.get("/limited")
async def limited():
    with anyio.move_on_after(0.01) as scope:
        await work.endless()
    return scope.cancelled_caught

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print("port", listener.getsockname()[1], flush=True)
uvicorn.run(app, fd=listener.fileno())
"""

WORK = """\
#include <cowbird.h>
#include <stdlib.h>
struct shared { volatile int inside, may_go, asked; };
static struct shared *all; /* of all generations */
static struct shared *
shared(void)
{
    if (all == NULL) {
        all = calloc(1, sizeof(*all));
    }
    return all;
}
CB_ASYNC int
meet(void)
{
    struct shared *s = shared();
    s->inside = 1;
    while (!s->may_go) {
    }
    return 100;
}
CB_ASYNC void
endless(void)
{
    struct shared *s = shared();
    while (!cb_cancelled()) {
    }
    s->asked = 1;
}
int inside(void) { return shared()->inside; }
void go(void) { shared()->may_go = 1; }
int asked(void) { return shared()->asked; }
"""

# No variables: a save of a module that has some waits for its calls.
FLIGHT = """\
#include <cowbird.h>
#include <unistd.h>
CB_ASYNC int
meet(int tell, int leave)
{
    char byte = 1;
    return write(tell, &byte, 1) == 1 && read(leave, &byte, 1) == 1 ? 100 : 0;
}
int answer(void) { return 100; }
"""

TRIO = """\
import anyio, threading, work

async def main():
    async def meet():
        results.append(await work.meet())

    results = []
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(meet)
            while not work.inside():
                await anyio.sleep(0)  # lets the loop run
            scope.cancel()
            threading.Thread(target=work.go).start()
    assert results == [100]  # it was left when the C had ended
    print("good")

anyio.run(main, backend="trio")
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "work.c").write_text(WORK)
    (tmp_path / "flight.c").write_text(FLIGHT)
    return tmp_path


def test_the_loop_serves_while_c_runs_and_is_swapped(program, project,
                                                     framework_python):
    with Live(program, project, python=framework_python) as live:
        live.port()
        answers = []
        visitor = threading.Thread(
            target=lambda: answers.append(live.get("/meet")))
        visitor.start()
        while live.get("/began") != (200, "1"):
            pass
        live.save("flight.c", FLIGHT.replace("100", "200"))
        live.event("swap", module="flight")
        assert live.get("/answer") == (200, "200")
        assert answers == []
        live.get("/leave")
        visitor.join()
        assert answers == [(200, "100")]  # what had begun before the save
        assert live.get("/meet") == (200, "200")


def test_a_scope_of_anyio_ends_it_by_asking(program, project,
                                            framework_python):
    with Live(program, project, python=framework_python) as live:
        live.port()
        assert live.get("/limited") == (200, "true")
        assert live.get("/does/asked") == (200, "1")


def test_trio_awaits_it_as_well(program, project, framework_python):
    (project / "app.py").write_text(TRIO)
    done = subprocess.run(
        [program, "run", f"--python={framework_python}", "app.py"],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=240)
    assert done.stdout == "good\n", done.stderr
