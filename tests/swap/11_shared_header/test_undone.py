"""What one save of a header brought goes back together, and comes back
together."""
import subprocess

import pytest

from live import Live, source

HEADER = "#define ANSWER {}\n"
BOTH = ["/left/answer", "/right/answer"]


@pytest.fixture
def pair(program, project):
    """Two modules with a header, saved once since."""
    for name in ("left", "right"):
        (project / f"{name}.c").write_text(
            '#include "both.h"\n' + source("ANSWER", name))
    (project / "both.h").write_text(HEADER.format(1))
    with Live(program, project) as live:
        live.port()
        assert answers(live) == ["1", "1"]
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("both.h", HEADER.format(2))
        moved(live, "swap")
        assert answers(live) == ["2", "2"]
        yield live


def answers(live):
    return [live.get(path)[1] for path in BOTH]


def moved(live, verb):
    both = [live.event(verb)["module"] for event in range(2)]
    assert sorted(both) == ["left", "right"]


def undo(live, name):
    done = subprocess.run([live.program, "undo", name], cwd=live.folder,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_undo_takes_along_who_includes_the_same_header(pair):
    said = undo(pair, "left")
    moved(pair, "undo")
    assert answers(pair) == ["1", "1"]
    assert "left is back at gen 1's code, as gen 3" in said
    assert "right is back at gen 1's code, as gen 3" in said


def test_a_save_of_one_brings_back_both(pair):
    undo(pair, "left")
    pair.save("right.c", '#include "both.h"\n/* */\n'
              + source("ANSWER", "right"))
    moved(pair, "swap")
    assert answers(pair) == ["2", "2"]


def test_who_was_saved_since_stays(pair):
    pair.save("right.c", '#include "both.h"\n' + source("ANSWER + 5", "right"))
    pair.event("swap", module="right")
    undo(pair, "left")
    pair.event("undo", module="left")
    assert answers(pair) == ["1", "7"]


def test_two_undos_in_a_row_come_back_together(pair):
    left = '#include "both.h"\n' + source("ANSWER + 5", "left")
    pair.save("left.c", left)
    pair.event("swap", module="left")
    undo(pair, "left")
    assert answers(pair) == ["2", "2"]
    undo(pair, "left")
    assert answers(pair) == ["1", "1"]
    pair.save("right.c", '#include "both.h"\n/* */\n'
              + source("ANSWER", "right"))
    moved(pair, "swap")
    assert answers(pair) == ["7", "2"]


def raising(pair):
    """right's init fails from now on."""
    pair.save("right.c", '#include "both.h"\n' + source("ANSWER", "right")
              .replace("    return PyModuleDef_Init",
                       "    return NULL;\n    return PyModuleDef_Init"))
    return pair.event("error")


def test_what_can_t_come_back_keeps_nobody_else(pair):
    undo(pair, "left")
    raising(pair)
    assert answers(pair) == ["1", "1"]
    pair.save("scoring.c", source(5))
    pair.event("swap", module="scoring")
    assert answers(pair) == ["1", "1"]


def deadly(name, at):
    return '#include "both.h"\n' + source(
        "ANSWER == %d ? *(volatile int *)16 : ANSWER" % at, name)


def crash(pair, path):
    with pytest.raises((ConnectionError, OSError)):
        pair.get(path)
    moved(pair, "undo")
    pair.port()
    assert answers(pair) == ["2", "2"]
    pair.meet()


def test_code_that_crashed_holds_back_its_own_and_nobody_else(pair):
    pair.save("left.c", deadly("left", 3))
    pair.event("swap", module="left")
    pair.save("both.h", HEADER.format(3))
    moved(pair, "swap")
    crash(pair, BOTH[0])
    pair.save("right.c", '#include "both.h"\n/* */\n'
              + source("ANSWER", "right"))
    assert pair.event("refused", module="right")["text"] == (
        "held back, as left is refused")
    pair.save("scoring.c", source(5))
    pair.event("built", module="scoring")
    assert pair.get("/scoring/answer") == (200, "5")
    assert answers(pair) == ["2", "2"]
    pair.save("left.c", '#include "both.h"\n' + source("ANSWER", "left"))
    moved(pair, "swap")
    assert answers(pair) == ["3", "3"]


def test_a_crash_takes_along_who_includes_the_same_header(pair):
    pair.save("left.c", deadly("left", 3))
    pair.event("swap", module="left")
    pair.save("both.h", HEADER.format(3))
    moved(pair, "swap")
    crash(pair, BOTH[0])
    assert "it went back with left, which crashed" in pair.status_text()
    pair.save("both.h", HEADER.format(4))
    moved(pair, "swap")
    assert answers(pair) == ["4", "4"]
