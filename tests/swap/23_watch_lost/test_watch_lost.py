"""Case 23: the watched folder goes and comes, the limit of watches is
reached, the file system tells of nothing."""
import shutil

from live import Live, source


def test_a_project_deleted_and_made_anew_is_watched_again(live):
    shutil.rmtree(live.folder)
    live.event("removed", module="scoring")
    assert live.get("/scoring/answer") == (200, "1")
    live.save("scoring.c", source(2))  # makes the folder, too
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "2")


def test_polling_sees_saves_as_well(program, python, project):
    with Live(program, project, python=python,
              env={"COWBIRD_FORCE_POLLING": "1"}) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")
        (project / "scoring.c").write_text(source(3))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "3")
        live.said("polling")
