"""Case 41, in a whole program: what one worker's migrate hook says no to goes
live in none."""
import subprocess

import pytest

from live import Live
from points import point
from preforked import ask_words

# Each worker holds an object of its own, and says what it is.
APP = """\
import http.server, os, hot

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"%d %d" % (kept.x, kept.norm())
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

for x in 1, -3, 2:
    if os.fork() == 0:
        kept = hot.Point(x)
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        os.write(1, b"worker %d\\n" % server.server_address[1])
        server.serve_forever()
for _ in range(3):
    os.wait()
"""

HOOK = """
CB_MIGRATE(Point, self, old)
{
    (void)old;
    if (%s) {
        PyErr_Format(PyExc_ValueError, "no x of %%ld", self->x);
        return -1;
    }
    return 0;
}
"""


def moving(refuses, fields="double z; long x;"):
    return point("self->x + 50", fields=fields,
                 extra=HOOK % refuses).replace(
        "#include <structmember.h>",
        "#include <structmember.h>\n#include <cowbird.h>")


@pytest.fixture
def workers(program, python, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "hot.c").write_text(point(fields="long x; double pad;"))
    with Live(program, folder, python=python) as live:
        ports = [int(live.line("worker ").split()[1]) for _ in range(3)]
        live.meet(4)  # and the master, who has imported it before
        yield live, lambda: sorted(ask_words(port) for port in ports)


def test_a_hook_that_fails_in_one_worker_holds_back_the_others(workers):
    live, answers = workers
    before = ["-3 -3", "1 1", "2 2"]
    assert answers() == before
    live.save("hot.c", moving("self->x < 0"))
    refused = live.event("refused", module="hot")
    assert "its migrate hook said no: ValueError: no x of -3" in (
        refused["text"])
    assert answers() == before
    assert {worker["modules"]["hot"]
            for worker in live.status()["workers"]} == {1}
    live.save("hot.c", moving("0"))
    event = live.event("swap", module="hot")
    assert event["moved"] == 3
    assert answers() == ["-3 47", "1 51", "2 52"]


def test_objects_that_a_hook_moves_are_counted_and_an_undo_says_whose(workers):
    live, answers = workers
    live.save("hot.c", moving("0"))
    event = live.event("swap", module="hot")
    assert "3 objects of Point moved  " in event["text"]
    assert (event["migrated"], event["moved_objects"]) == (["Point"], 3)
    live.save("hot.c", moving("0", fields="long x; double z;"))
    live.event("swap", module="hot")
    done = subprocess.run([live.program, "undo", "hot"], cwd=live.folder,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    event = live.event("undo", module="hot")
    assert "3 objects of Point moved  " in event["text"]
    assert event["note"] == "moved by the migrate hook of gen 2's source"
    assert answers() == ["-3 47", "1 51", "2 52"]


def test_an_undo_that_is_refused_is_what_a_restart_starts_on(workers):
    live, answers = workers
    live.save("hot.c", moving("0"))
    live.event("swap", module="hot")
    done = subprocess.run([live.program, "undo", "hot"], cwd=live.folder,
                          capture_output=True, text=True)
    assert done.returncode == 1
    help = "cowbird restart starts the app again on gen 1's code"
    assert help in done.stderr
    assert live.event("refused", module="hot")["help"] == help
    subprocess.run([live.program, "restart"], cwd=live.folder, check=True)
    ports = [int(live.line("worker ").split()[1]) for _ in range(3)]
    assert sorted(map(ask_words, ports)) == ["-3 -3", "1 1", "2 2"]
    live.meet(4)
    assert "gen 1's code: undone; save its source" in live.status_text()
