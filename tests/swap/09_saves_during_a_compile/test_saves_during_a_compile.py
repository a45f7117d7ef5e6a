"""Case 9: saves during a compile: only the last content goes live, none is
skipped, and the order is kept."""
import threading

from client import Client
from live import Live, source


def test_of_fifty_saves_during_one_compile_the_last_goes_live(
        program, python, project, gate):
    with Live(program, project, python=python, options=gate.options,
              env=gate.env) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        gate.holds()
        live.save("scoring.c", source(2))
        gate.await_started()
        for value in range(3, 53):
            live.save("scoring.c", source(value))
            assert live.get("/scoring/answer") == (200, "1")
        gate.opens()
        first = live.event("swap", module="scoring")
        # Saves from before the gate opened may still be on their way.
        while live.get("/scoring/answer") != (200, "52"):
            live.event("swap", module="scoring")
        assert first["generation"] <= 3
        assert "error" not in [e["event"] for e in live.seen]
        # and none is lost after it
        live.save("scoring.c", source(53))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "53")


def test_saves_that_outrun_the_compiler_go_live_all_the_same(
        program, python, project, gate):
    with Live(program, project, python=python, options=gate.options,
              env=gate.env) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        # as a big source is: saves come in between
        gate.does("sleep 1\n")
        is_over = threading.Event()

        def save_on():
            value = 1
            while not is_over.wait(0.1):
                value += 1
                live.save("scoring.c", source(value))
        saver = threading.Thread(target=save_on)
        saver.start()
        try:
            for _ in range(2):
                live.event("swap", module="scoring")
        finally:
            is_over.set()
            saver.join()


def test_saves_as_fast_as_they_can_be_made_end_with_the_last(
        program, python, project):
    with Live(program, project, python=python) as live:
        live.port()
        with Client(live) as client:
            for value in range(2, 102):
                (project / "scoring.c").write_text(source(value))
            # A compiler may meet a file that is being written again: then
            # there is an error, and what served serves on.
            while live.get("/scoring/answer") != (200, "101"):
                live.event("swap", module="scoring")
        codes, bodies = zip(*client.answers)
        assert set(codes) == {200}
        assert list(bodies) == sorted(bodies, key=int)
