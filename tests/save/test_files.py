"""Files and folders that go, come back, move, and are links to others."""
import os
import shutil

import pytest

from live import APP, Live, source


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    return folder


@pytest.fixture
def live(program, python, project):
    with Live(program, project, python=python) as running:
        running.port()
        assert running.get("/scoring/answer") == (200, "1")
        yield running


def test_a_deleted_source_serves_on_and_a_recreated_one_is_live(live):
    (live.folder / "scoring.c").unlink()
    live.event("removed", module="scoring")
    assert live.get("/scoring/answer") == (200, "1")
    live.save("scoring.c", source(2))
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "2")


def test_a_new_file_is_importable_at_once(live):
    live.save("geo.c", source(7, "geo"))
    live.event("built", module="geo")
    assert live.get("/geo/answer") == (200, "7")


def test_a_new_folder_is_searched_and_watched(live):
    aside = live.folder.parent / "aside"
    aside.mkdir()
    (aside / "geo.c").write_text(source(7, "geo"))
    os.rename(aside, live.folder / "pkg")
    live.event("built", module="pkg.geo")
    assert live.get("/pkg.geo/answer") == (200, "7")
    live.save("pkg/geo.c", source(8, "geo"))
    live.event("swap", module="pkg.geo")
    assert live.get("/pkg.geo/answer") == (200, "8")


def test_a_project_deleted_and_made_anew_is_watched_again(live):
    shutil.rmtree(live.folder)
    live.event("removed", module="scoring")
    assert live.get("/scoring/answer") == (200, "1")
    live.save("scoring.c", source(2))  # makes the folder, too
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "2")


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


def test_a_header_saved_by_rename_is_live_in_all_that_include_it(
        program, python, project):
    body = '#include "factor.h"\n' + source("FACTOR")
    (project / "factor.h").write_text("#define FACTOR 3\n")
    (project / "scoring.c").write_text(body)
    (project / "geo.c").write_text(body.replace("scoring", "geo"))
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "3")
        assert live.get("/geo/answer") == (200, "3")
        live.save("factor.h", "#define FACTOR 4\n")
        live.event("swap")
        live.event("swap")
        assert live.get("/scoring/answer") == (200, "4")
        assert live.get("/geo/answer") == (200, "4")


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


@pytest.fixture
def apart(program, python, tmp_path):
    """The app and a header lie beside the compile path, not below it."""
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "factor.h").write_text("#define FACTOR 3\n")
    folder = tmp_path / "native"
    folder.mkdir()
    (folder / "scoring.c").write_text('#include "../shared/factor.h"\n'
                                      + source("FACTOR"))
    with Live(program, folder, "../app.py", python=python) as running:
        running.port()
        assert running.get("/scoring/answer") == (200, "3")
        yield running


def test_a_header_outside_the_compile_path_is_watched(apart):
    apart.save("../shared/other.h", "#define OTHER 1\n")
    apart.save("../shared/factor.h", "#define FACTOR 4\n")
    apart.event("swap", module="scoring")
    assert apart.get("/scoring/answer") == (200, "4")


def test_python_beside_the_app_restarts_it_wherever_the_sources_are(apart):
    apart.save("../app.py", APP + "# changed\n")
    apart.event("restart")
    apart.port()
    assert apart.get("/scoring/answer") == (200, "3")
