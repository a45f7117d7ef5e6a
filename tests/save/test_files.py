"""What lies beside the compile path and is watched all the same."""
import pytest

from live import APP, Live, source


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
