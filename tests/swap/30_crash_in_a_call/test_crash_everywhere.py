"""A crash that every generation has is no fault of the last save: a program
whose children abort on purpose keeps its module."""
import pytest

from live import APP, Live, source
from test_crash_in_a_call import crashing

# Asks for answer() in a child of its own and says how that ended.
CHILDREN = """\
import os

def asked():
    import scoring
    child = os.fork()
    if child == 0:
        scoring.answer()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""
OTHERS = "other generations crash there too: gen %d serves on"


def aborting(number):
    """Other code each time, that dies at the same site."""
    return crashing("if (%d < 10) { abort(); }" % number)[0]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "children.py").write_text(CHILDREN)
    (tmp_path / "scoring.c").write_text(aborting(1))
    return tmp_path


def child_dies(live):
    assert live.get("/children/asked") == (200, "-6")
    return live.event("crashed", module="scoring")["generation"]


def goes_live(live, text):
    live.save("scoring.c", text)
    return live.event("swap", module="scoring")["generation"]


def test_what_all_generations_have_buries_none(program, project):
    with Live(program, project) as live:
        live.port()
        app = live.get("/pid/")
        live.get("/scoring/missing")
        live.meet()
        assert goes_live(live, aborting(2)) == 2
        assert child_dies(live) == 2
        assert live.event("undo", module="scoring")["generation"] == 3
        # gen 3 is gen 1's code, and there is nothing before that
        assert child_dies(live) == 3
        live.said(OTHERS % 3)
        # what was condemned for it may come back, and stays
        assert goes_live(live, aborting(2)) == 4
        assert child_dies(live) == 4
        live.said(OTHERS % 4)
        assert goes_live(live, aborting(3)) == 5
        assert child_dies(live) == 5
        live.said(OTHERS % 5)
        assert live.get("/pid/") == app


def test_what_is_good_is_gone_back_to_all_the_same(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/missing")
        live.meet()
        assert goes_live(live, aborting(2)) == 2
        assert child_dies(live) == 2
        live.event("undo", module="scoring")
        assert child_dies(live) == 3
        live.said(OTHERS % 3)
        assert goes_live(live, source(6)) == 4
        assert live.get("/scoring/answer") == (200, "6")
        assert goes_live(live, aborting(5)) == 5
        assert child_dies(live) == 5
        assert live.event("undo", module="scoring")["generation"] == 6
        assert live.get("/scoring/answer") == (200, "6")
