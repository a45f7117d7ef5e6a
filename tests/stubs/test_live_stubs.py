"""Stubs in a running session: true after a save, and no reason for anybody to
restart."""
import json
import subprocess

import pytest

from live import APP, Live

FIRST = """\
#include <cowbird.h>
int answer(void) { return 101; }
"""
MORE = FIRST + "/* Twice as much. */\nint twice(int x) { return 2 * x; }\n"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(FIRST)
    return folder


def begin(live):
    live.port()
    assert live.get("/scoring/answer") == (200, "101")


def test_a_new_function_is_in_the_stub(program, project):
    with Live(program, project, options=["-v"]) as live:
        begin(live)
        assert "def answer() -> int:" in (project / "scoring.pyi").read_text()
        live.save("scoring.c", MORE)
        live.event("swap", module="scoring")
        live.event("setup", subject="stub", text="scoring.pyi")
        assert live.get("/scoring/twice?4") == (200, "8")
        text = (project / "scoring.pyi").read_text()
        assert ('def twice(x: int) -> int:\n    """Twice as much."""\n'
                in text)
        live.save("scoring.c", FIRST)
        live.event("setup", subject="stub", text="scoring.pyi")
        assert "twice" not in (project / "scoring.pyi").read_text()


def test_a_new_body_writes_nothing(program, project):
    with Live(program, project, options=["-v"]) as live:
        begin(live)
        before = (project / "scoring.pyi").stat().st_ino
        live.save("scoring.c", FIRST.replace("101", "202"))
        live.event("swap", module="scoring")
        # the next save is looked at when this one is over
        live.save("scoring.c", FIRST.replace("101", "202"))
        live.event("same", module="scoring")
        assert (project / "scoring.pyi").stat().st_ino == before


def test_code_that_does_not_build_leaves_the_stub(program, project):
    with Live(program, project) as live:
        begin(live)
        before = (project / "scoring.pyi").read_text()
        live.save("scoring.c", MORE + "int *lost(void) { return 0; }\n")
        live.event("error", module="scoring")
        live.save("scoring.c", FIRST)
        live.event("same", module="scoring")
        assert (project / "scoring.pyi").read_text() == before


def test_a_module_that_appears_is_entered_and_stubbed(program, project):
    with Live(program, project) as live:
        begin(live)
        live.save("other.c", MORE)
        live.event("added", module="other")
        live.event("setup", subject="update")
        assert "def twice" in (project / "other.pyi").read_text()
        entries = json.loads((project / "compile_commands.json").read_text())
        assert [e["file"] for e in entries] == ["scoring.c", "other.c"]


def test_a_stub_goes_with_its_source_and_comes_with_it(program, project):
    (project / "other.c").write_text(MORE)
    (project / "other.pyi").write_text("# mine\n")
    with Live(program, project, options=["-v"]) as live:
        begin(live)
        (project / "other.c").unlink()
        live.event("removed", module="other")
        (project / "scoring.c").unlink()
        live.event("setup", subject="stub", text="scoring.pyi is removed")
        assert not (project / "scoring.pyi").exists()
        assert (project / "other.pyi").read_text() == "# mine\n"
        live.save("scoring.c", FIRST)
        live.event("setup", subject="stub", text="scoring.pyi")
        assert "def answer" in (project / "scoring.pyi").read_text()


def test_a_session_can_do_without(program, project):
    with Live(program, project, options=["--no-stubs"]) as live:
        begin(live)
        live.save("scoring.c", MORE)
        live.event("swap", module="scoring")
        live.save("scoring.c", MORE)
        live.event("same", module="scoring")
        assert not list(project.glob("*.pyi"))
        assert not (project / "compile_commands.json").exists()


def test_a_reloader_that_any_file_sets_off_holds_the_stub_back(
        program, project, python):
    # the words are the app's; they are what a reloader is told by
    words = ["--", python, "app.py", "robyn", "--dev"]
    with Live(program, project, *words, python=python) as live:
        begin(live)
        first = (project / "scoring.pyi").read_text()  # before it ran
        for more in (MORE, MORE + "int third(void) { return 3; }\n"):
            live.save("scoring.c", more)
            live.event("swap", module="scoring")
        live.save("scoring.c", more)
        live.event("same", module="scoring")
        assert (project / "scoring.pyi").read_text() == first
        said = "".join(live.err)
        assert said.count("scoring.pyi is held back, because robyn --dev "
                          "restarts on any file: 'cowbird stubs' writes it"
                          ) == 1
        subprocess.run([program, "stubs", "--python=" + python], cwd=project,
                       check=True, stderr=subprocess.DEVNULL)
        assert "third" in (project / "scoring.pyi").read_text()
