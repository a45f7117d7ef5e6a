"""Case 63: a worker of a preloaded master, and one that starts late, starts
at the current generation."""
import os
import signal

from bed import returning
from live import APP, Live, source
from preforked import ON_DEMAND, ask


def test_a_worker_that_starts_late_starts_at_the_current_generation(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    bed.swap(peer, bed.order("hot", returning(2)))
    late, late_peer = bed.start("hot")
    assert late.ask("hot.answer()") == 2
    assert late_peer.modules == {"hot": 2}


def test_a_worker_that_starts_late_starts_on_the_live_generation(program,
                                                                 project):
    (project / "app.py").write_text(APP.replace(
        'if module == "pid"', 'if module == "child":\n'
        '                answer = __import__("subprocess").check_output('
        '[sys.executable, "-c", "import scoring; print(scoring.answer())"])'
        '.decode().strip()\n'
        '            elif module == "pid"'))
    with Live(program, project) as live:
        live.port()
        assert live.get("/child/") == (200, "1")
        live.save("scoring.c", source(2))
        live.event("built", module="scoring")
        assert live.get("/child/") == (200, "2")


def test_a_late_worker_of_a_preloaded_master_has_what_is_live(program, python,
                                                             project):
    (project / "app.py").write_text(ON_DEMAND)
    with Live(program, project, python=python) as live:
        _, master, value = live.line("master ").split()
        assert value == "1"
        live.meet()
        for value in (2, 3):
            live.save("scoring.c", source(value))
            live.event("swap", module="scoring")
            os.kill(int(master), signal.SIGUSR1)
            _, _, port = live.line("worker ").split()
            assert ask(int(port)) == value
            live.meet(value)
