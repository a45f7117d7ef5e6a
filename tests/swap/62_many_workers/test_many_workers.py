"""Case 62: eight workers of a prefork server, one killed while a save is
prepared, one stopped: the survivors commit, and the late one catches up."""
import os
import signal

import pytest

from live import Live, source
from preforked import EIGHT, ask


@pytest.fixture
def crowd(program, python, project):
    (project / "app.py").write_text(EIGHT)
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
    os.kill(stopped, signal.SIGCONT)
    live.event("moved", pid=stopped)
    assert {ask(ports[pid]) for pid in (stopped, *others)} == {4}
    modules = {w["pid"]: w["modules"] for w in live.status()["workers"]
               if w["role"] == "worker"}
    assert modules == {pid: {"scoring": 4} for pid in (stopped, *others)}
