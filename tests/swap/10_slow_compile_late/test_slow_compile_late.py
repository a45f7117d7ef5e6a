"""Case 10: a slow compile that would end after a newer save is dropped: cc,
where tcc cannot do it. The optimised tier's is test_stale_tier.py's."""
import pytest

from compilers import await_end
from live import Live, source

BEYOND_TCC = source("(long)wide").replace(
    "static PyObject", "static __int128 wide = 2;\nstatic PyObject", 1)


@pytest.mark.usefixtures("tcc")
def test_what_cc_compiles_slowly_never_replaces_what_tcc_made_since(
        program, python, project, gate):
    with Live(program, project, python=python, options=gate.auto,
              env=gate.env) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        gate.holds()
        live.save("scoring.c", BEYOND_TCC)
        slow = gate.await_started()
        live.save("scoring.c", source(3))
        event = live.event("swap", module="scoring")
        assert (event["compiler"], event["generation"]) == ("tcc", 2)
        await_end(slow)
        gate.opens()
        assert live.get("/scoring/answer") == (200, "3")
        live.save("scoring.c", BEYOND_TCC)
        event = live.event("swap", module="scoring")
        assert (event["compiler"] != "tcc", event["generation"]) == (True, 3)
        assert live.get("/scoring/answer") == (200, "2")
