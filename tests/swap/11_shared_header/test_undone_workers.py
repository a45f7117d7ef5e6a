"""What one save of a header brought goes back in every worker, also where one
of the modules can't."""
import os
import re
import signal
import subprocess

import pytest

from live import Live, source
from preforked import ask_words
from stateful import hook, stateful

# Two workers, each with a server of its own. Without them the app fails.
APP = """\
import http.server, importlib, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        module, function = self.path.strip("/").split("/")
        body = str(getattr(importlib.import_module(module),
                           function)()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

for n in range(2):
    if os.fork() == 0:
        import left, right
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        os.write(1, b"worker %d\\n" % server.server_address[1])
        server.serve_forever()
for n in range(2):
    os.wait()
raise SystemExit(1)
"""
HEADER = "#define ANSWER {}\n"
LEFT = '#include "both.h"\n' + source(
    "ANSWER == {0} ? *(volatile int *)16 : ANSWER", "left").replace(
        "{", "{{").replace("}", "}}").replace("{{0}}", "{0}")
GROWING = '#include "both.h"\n' + stateful(
    "long count;\n#if ANSWER > 1\nlong more;\n#endif\n", name="right",
    hook="#if ANSWER > 1\n" + hook("(void)self; (void)old;") + "#endif\n")


@pytest.fixture
def start(program, python, tmp_path):
    """Starts a session on these two modules; (it, the workers' ports)."""
    folder = tmp_path / "project"
    folder.mkdir()
    lives = []

    def begin(left, right):
        for name, text in ("app.py", APP), ("left.c", left), (
                "right.c", right), ("both.h", HEADER.format(1)):
            (folder / name).write_text(text)
        live = Live(program, folder, python=python)
        lives.append(live)
        return live, workers(live)
    yield begin
    for live in lives:
        live.__exit__(None, None, None)


def workers(live):
    ports = [int(live.line("worker ").split()[1]) for n in range(2)]
    live.meet(2)
    return ports


def moved(live, verb):
    both = [live.event(verb)["module"] for event in range(2)]
    assert sorted(both) == ["left", "right"]


def crash(port, path):
    with pytest.raises((ConnectionError, OSError)):
        ask_words(port, path)


def test_who_cannot_go_back_does_not_keep_what_crashed(start):
    live, ports = start(LEFT.format(2), GROWING)
    assert [ask_words(port, "/right/count") for port in ports] == ["11", "11"]
    live.save("both.h", HEADER.format(2))
    moved(live, "swap")
    crash(ports[0], "/left/answer")
    refused = live.event("refused", module="right")
    assert "add a migrate hook" in refused["text"]
    live.event("undo", module="left")
    assert ask_words(ports[1], "/left/answer") == "1"
    assert ask_words(ports[1], "/right/count") == "12"


def test_both_that_crash_at_once_are_not_loaded_again(start):
    live, ports = start(LEFT.format(2), LEFT.format(2).replace("left",
                                                               "right"))
    live.save("both.h", HEADER.format(2))
    moved(live, "swap")
    os.kill(live.pid, signal.SIGSTOP)
    crash(ports[0], "/left/answer")
    crash(ports[1], "/right/answer")
    os.kill(live.pid, signal.SIGCONT)
    moved(live, "undo")
    live.event("restart")
    ports = workers(live)
    assert [ask_words(port, "/left/answer") for port in ports] == ["1", "1"]
    live.save("left.c", LEFT.format(9))
    refused = live.event("refused", module="right")
    assert re.match("gen 2 crashed: SIGSEGV in answer.. at right.c:",
                    refused["text"])


def test_a_refused_undo_is_taken_by_a_restart_and_comes_back_whole(start):
    live, ports = start(LEFT.format(9), GROWING)
    live.save("both.h", HEADER.format(2))
    moved(live, "swap")
    done = subprocess.run([live.program, "undo", "left"], cwd=live.folder,
                          capture_output=True, text=True)
    assert "starts the app again on gen 1's code of right" in done.stderr
    assert ask_words(ports[0], "/left/answer") == "2"
    subprocess.run([live.program, "restart"], cwd=live.folder, check=True)
    ports = workers(live)
    assert ask_words(ports[0], "/left/answer") == "1"
    live.save("left.c", LEFT.format(8))
    moved(live, "swap")
    assert ask_words(ports[0], "/left/answer") == "2"
    assert ask_words(ports[0], "/right/count") == "11"
