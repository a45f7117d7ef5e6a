"""`pip install -e .` of a project with [tool.cowbird], alone and beside
`cowbird run --dev`."""
import pytest

from live import APP, Live
from packing import make_venv, pip, run, site_of

pytestmark = pytest.mark.timeout(900)  # cowbird itself is built first

MEAN = ("import array, song.stats as m; "
        "print(m.mean(array.array('d', [1, 2, 6])))")
SOURCE = "#include <cowbird.h>\nint answer(void) { return %d; }\n"


@pytest.fixture
def inside(workshop, tmp_path):
    """An environment with setuptools and cowbird where things are installed
    in place."""
    python = make_venv(workshop.python, tmp_path / "inside")
    (site_of(python) / "workshop.pth").write_text(
        "%s\n" % site_of(workshop.python))
    return python


def install(workshop, inside, folder, *words):
    """By the workshop's own setuptools, without isolation."""
    pip("--python", inside, "install", "--quiet", "--no-deps",
        "--no-build-isolation", *words, "-e", folder)


def natives_in(folder):
    return [path for path in folder.rglob("*.so")
            if "build" not in path.relative_to(folder).parts]


def test_nothing_native_is_written_into_the_tree(workshop, inside, project):
    folder = project()
    install(workshop, inside, folder)
    assert natives_in(folder) == []
    assert run(inside, "-c", MEAN) == "3.0\n"
    # and from the tree itself, which Python then has on its path
    assert run(inside, "-c", MEAN, cwd=folder) == "3.0\n"


def test_python_of_the_tree_is_live(workshop, inside, project):
    folder = project()
    install(workshop, inside, folder)
    (folder / "song" / "__init__.py").write_text("new = 1\n")
    assert run(inside, "-c", "import song; print(song.new)") == "1\n"


def test_it_is_uninstalled_without_a_trace(workshop, inside, project):
    before = set(site_of(inside).iterdir())
    install(workshop, inside, project())
    pip("--python", inside, "uninstall", "--quiet", "-y", "bird-song")
    assert set(site_of(inside).iterdir()) == before


def test_a_strict_install_holds_the_module(workshop, inside, project):
    folder = project()
    install(workshop, inside, folder, "-C", "editable_mode=strict")
    assert natives_in(folder) == []
    assert run(inside, "-c", MEAN) == "3.0\n"


def test_a_session_beside_it_swaps_what_is_saved(workshop, inside, project,
                                                 program):
    folder = project(**{"song/stats.c": SOURCE % 1, "app.py": APP})
    install(workshop, inside, folder)
    with Live(program, folder, python=str(inside)) as live:
        live.port()
        assert live.get("/song.stats/answer") == (200, "1")
        live.save("song/stats.c", SOURCE % 2)
        live.event("swap", subject="song.stats")
        assert live.get("/song.stats/answer") == (200, "2")
        live.end()
        assert "warning" not in live.words()
    # alone, the installed build answers as before
    assert run(inside, "-c", "import song.stats as m; print(m.answer())",
               cwd=folder) == "1\n"
