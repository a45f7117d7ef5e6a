"""Case 21: symbolic links: the real file is followed, and another target is a
change."""
import os

from live import Live, source


def test_a_source_that_links_elsewhere_follows_its_target(program, python,
                                                          project):
    shared = project.parent / "shared"
    shared.mkdir()
    (shared / "one.c").write_text(source(1))
    (shared / "two.c").write_text(source(20))
    (project / "scoring.c").unlink()
    (project / "scoring.c").symlink_to("../shared/one.c")
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        (shared / "one.c").write_text(source(2))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")
        (project / "next").symlink_to("../shared/two.c")
        os.replace(project / "next", project / "scoring.c")
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "20")
        (shared / "two.c").write_text(source(21))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "21")
