"""Case 10: the optimised build of a save ends after a newer save: it never
goes live."""
import pytest

from compilers import await_end
from live import Live, source


@pytest.mark.usefixtures("tcc")
def test_an_optimised_build_of_an_older_save_is_dropped(
        program, python, project, gate):
    with Live(program, project, python=python,
              options=("-v", *gate.auto), env=gate.env) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        gate.holds()
        live.save("scoring.c", source(2))
        assert live.event("swap")["compiler"] == "tcc"
        slow = gate.await_started()
        live.save("scoring.c", source(3))
        newer = live.event("swap")
        assert (newer["compiler"], newer["generation"]) == ("tcc", 3)
        live.said("a newer save came first")
        await_end(slow)
        gate.opens()
        assert live.event("tier")["generation"] == 3
        assert live.get("/scoring/answer") == (200, "3")
        assert "gen 2 by" not in live.words()
        assert live.status()["modules"][0]["generation"] == 3
