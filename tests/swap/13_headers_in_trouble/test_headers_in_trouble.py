"""Case 13: a cycle of includes, a missing header and one that never comes (as
on a network disk that is gone: here a pipe that nobody writes): an error, not
a hang. A compile that waits for such a header ends at its limit."""
import os

from live import Live, source


def save_error(live, includes):
    live.save("scoring.c", includes + source(2))
    event = live.event("error", module="scoring")
    assert live.get("/scoring/answer") == (200, "1")
    return event


def test_a_cycle_of_includes_is_an_error_and_mended_in_the_header(live):
    live.save("a.h", '#include "b.h"\n')
    live.save("b.h", '#include "a.h"\n')
    event = save_error(live, '#include "a.h"\n')
    assert "nested" in event["diagnostics"][0]["message"]
    live.said("gen 1 still serves")
    live.save("a.h", '#pragma once\n#include "b.h"\n')
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "2")


def test_a_missing_header_is_waited_for(live):
    event = save_error(live, '#include "late.h"\n')
    assert "late.h" in event["diagnostics"][0]["message"]
    live.save("late.h", "\n")
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "2")


def test_a_header_that_never_comes_ends_at_the_limit(program, python,
                                                     project):
    with Live(program, project, python=python,
              env={"COWBIRD_COMPILE_SECONDS": "3"}) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        os.mkfifo(project / "pipe.h")
        save_error(live, '#include "pipe.h"\n')
        live.said("and was killed")
        os.unlink(project / "pipe.h")
        live.save("pipe.h", "\n")
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")
