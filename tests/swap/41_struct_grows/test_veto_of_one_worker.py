"""Case 41, in a whole program: what one worker's migrate hook says no to goes
live in none."""
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


def moving(refuses):
    return point("self->x + 50", fields="double z; long x;",
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
