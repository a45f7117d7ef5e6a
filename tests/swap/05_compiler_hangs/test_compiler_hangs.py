"""Case 5: a compiler that hangs is killed at its limit, with its children;
the old code serves on."""
from compilers import await_end, await_file
from live import Live, source


def test_a_compiler_that_hangs_is_killed_with_its_children(program, python,
                                                           project, gate):
    with Live(program, project, python=python,
              options=gate.options,
              env={**gate.env, "COWBIRD_COMPILE_SECONDS": "5"}) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        gate.does("sleep 1000 & echo $! >%s/pid.new\n"
                  "mv %s/pid.new %s/pid; wait\n")
        live.save("scoring.c", source(2))
        await_file(gate.folder / "pid")
        assert live.get("/scoring/answer") == (200, "1")
        event = live.event("error", module="scoring")
        assert event["text"] == "the compiler did not end in time, not swapped"
        live.said("the compiler had not ended after 5 s and was killed")
        live.said("gen 1 still serves")
        await_end(int((gate.folder / "pid").read_text()))
        assert live.get("/scoring/answer") == (200, "1")
        gate.opens()
        live.save("scoring.c", source(2))  # the same content, once more
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")
