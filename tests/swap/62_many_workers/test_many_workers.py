"""Case 62: eight workers of a prefork server, one killed while a save is
prepared or is to be committed, one stopped: the survivors commit, and the late
one catches up before it answers."""
import os
import signal
import threading

import pytest

from live import PATIENCE, Live, source
from preforked import EIGHT, ask


# /hold keeps the GIL until somebody writes into the fifo, and /grip lets nobody
# have it before: a commit that was ordered waits for it.
HOLDS = EIGHT.replace("    def do_GET(self):\n", """\
    def do_GET(self):
        if self.path in ("/hold", "/grip"):
            import ctypes, sys
            libc, byte = ctypes.PyDLL(None), ctypes.create_string_buffer(1)
            fifo = os.open("fifo", os.O_RDWR)
            said = b"holds %d\\n" % os.getpid()
            if self.path == "/grip":
                sys.setswitchinterval(1000)
            libc.write(1, said, len(said))
            libc.read(fifo, byte, 1)
""")
# Its init says where it runs.
TELLS = """\
    char text[32];
    (void)!write(1, text, (size_t)PyOS_snprintf(text, sizeof(text),
                                                "init %ld\\n",
                                                (long)getpid()));
"""


class Later:
    """A request that is answered when it is answered."""

    def __init__(self, port, path="/"):
        self.answer = None
        self.thread = threading.Thread(target=self._ask, args=(port, path),
                                       daemon=True)
        self.thread.start()

    def _ask(self, port, path):
        try:
            self.answer = ask(port, path)
        except OSError:
            pass  # nobody answers

    def wait(self):
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return self.answer


def telling(value):
    start = "    return PyModuleDef_Init"
    return "#include <unistd.h>\n" + source(value).replace(start,
                                                          TELLS + start)


@pytest.fixture
def crowd(program, python, project):
    (project / "app.py").write_text(HOLDS)
    os.mkfifo(project / "fifo")
    with Live(program, project, python=python) as running:
        ports = {}
        for _ in range(8):
            _, pid, port = running.line("worker ").split()
            ports[int(pid)] = int(port)
        running.meet(9)  # and the master, who has imported it before
        yield running, ports


def test_survivors_commit_and_the_late_one_catches_up(crowd):
    live, ports = crowd
    assert {ask(port) for port in ports.values()} == {1}
    live.save("scoring.c", source(2))
    event = live.event("swap", module="scoring")
    assert (event["workers"], event["moved"]) == (8, 8)
    stopped, killed, *others = ports
    os.kill(stopped, signal.SIGSTOP)
    live.save("scoring.c", source(3))
    # Only the stopped one keeps it from its commit: the one that dies now
    # has been asked, or is ready.
    os.kill(killed, signal.SIGKILL)
    event = live.event("swap", module="scoring")
    assert (event["generation"], event["moved"]) == (3, 6)
    assert live.event("late")["workers"] == 1
    assert {ask(ports[pid]) for pid in others} == {3}
    live.save("scoring.c", source(4))
    assert live.event("swap", module="scoring")["moved"] == 6
    # Its first answer is to a request that waits while it is stopped.
    answer = Later(ports[stopped])
    os.kill(stopped, signal.SIGCONT)
    assert answer.wait() == 4
    live.event("moved", pid=stopped)
    assert {ask(ports[pid]) for pid in (stopped, *others)} == {4}
    modules = {w["pid"]: w["modules"] for w in live.status()["workers"]
               if w["role"] == "worker"}
    assert modules == {pid: {"scoring": 4} for pid in (stopped, *others)}


def test_one_that_is_killed_before_it_commits_keeps_back_nobody(crowd):
    live, ports = crowd
    killed, stopped, *others = ports
    os.kill(stopped, signal.SIGSTOP)  # so that nobody commits yet
    live.save("scoring.c", telling(2))
    live.line("init %d" % killed)
    holding = Later(ports[killed], "/grip")
    live.line("holds %d" % killed)
    os.kill(stopped, signal.SIGCONT)
    for pid in (stopped, *others):
        while ask(ports[pid]) != 2:
            assert live.process.poll() is None
    os.kill(killed, signal.SIGKILL)
    assert holding.wait() is None
    event = live.event("swap", module="scoring")
    assert (event["generation"], event["moved"]) == (2, 7)
    live.save("scoring.c", telling(3))
    assert live.event("swap", module="scoring")["moved"] == 7
    assert {ask(ports[pid]) for pid in (stopped, *others)} == {3}


def test_one_whose_c_code_kept_the_gil_answers_by_what_is_live(crowd):
    live, ports = crowd
    holds, *others = ports
    holding = Later(ports[holds], "/hold")
    live.line("holds %d" % holds)
    for value in (2, 3):
        live.save("scoring.c", source(value))
        assert live.event("swap", module="scoring")["moved"] == 7
    assert live.event("late")["why"] == "C code keeps the GIL"
    answer = Later(ports[holds])
    (live.folder / "fifo").write_bytes(b"x")
    assert holding.wait() in (1, 3) and answer.wait() == 3
    live.event("moved", pid=holds)


def handles_stops(pid):
    with open("/proc/%d/status" % pid) as lines:
        caught, = [line.split()[1] for line in lines if "SigCgt" in line]
    return int(caught, 16) >> (signal.SIGCONT - 1) & 1


def test_workers_of_many_handle_their_going_on(crowd):
    live, ports = crowd
    live.save("scoring.c", source(2))
    live.event("swap", module="scoring")
    assert {handles_stops(pid) for pid in ports} == {1}


def test_an_app_of_one_process_keeps_its_signals(live):
    live.save("scoring.c", source(2))
    live.event("swap", module="scoring")
    assert not handles_stops(int(live.get("/pid/")[1]))
