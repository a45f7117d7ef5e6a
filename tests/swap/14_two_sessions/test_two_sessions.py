"""Case 14: two sessions of one tree have outputs of their own: each goes its
way, and neither disturbs the other."""
import subprocess

from live import PATIENCE, Live, source


def test_each_session_of_a_tree_swaps_and_goes_back_alone(live, program,
                                                          python):
    with Live(program, live.folder, python=python) as other:
        other.port()
        assert other.get("/scoring/answer") == (200, "1")
        other.meet()
        for value in range(2, 5):
            live.save("scoring.c", source(value))
            for each in (live, other):
                event = each.event("swap", module="scoring")
                assert event["generation"] == value
                assert each.get("/scoring/answer") == (200, str(value))
        done = subprocess.run([program, "undo", "scoring", "--session",
                               other.session()], cwd=live.folder,
                              capture_output=True, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        assert other.get("/scoring/answer") == (200, "3")
        assert live.get("/scoring/answer") == (200, "4")
    live.save("scoring.c", source(7))
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "7")
