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


def test_a_folder_that_links_elsewhere_follows_its_target(program, python,
                                                          project):
    for value, name in enumerate(("one", "two"), 1):
        native = project.parent / name
        native.mkdir()
        (native / "geo.c").write_text(source(value * 10, "geo"))
    (project / "native").symlink_to("../one")
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/native.geo/answer") == (200, "10")
        live.meet()
        # by its real name, then through the link
        (project.parent / "one" / "geo.c").write_text(source(11, "geo"))
        live.event("swap", module="native.geo")
        assert live.get("/native.geo/answer") == (200, "11")
        live.save("native/geo.c", source(12, "geo"))
        live.event("swap", module="native.geo")
        assert live.get("/native.geo/answer") == (200, "12")
        (project / "next").symlink_to("../two")
        os.replace(project / "next", project / "native")
        live.event("swap", module="native.geo")
        assert live.get("/native.geo/answer") == (200, "20")
        (project.parent / "two" / "geo.c").write_text(source(21, "geo"))
        live.event("swap", module="native.geo")
        assert live.get("/native.geo/answer") == (200, "21")
