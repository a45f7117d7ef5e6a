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


def test_a_crash_takes_along_who_includes_the_same_header(pair):
    deadly = '#include "both.h"\n' + source(
        "ANSWER == 3 ? *(volatile int *)16 : ANSWER", "left")
    pair.save("left.c", deadly)
    pair.event("swap", module="left")
    pair.save("both.h", HEADER.format(3))
    moved(pair, "swap")
    with pytest.raises((ConnectionError, OSError)):
        pair.get(BOTH[0])
    moved(pair, "undo")
    pair.port()
    assert answers(pair) == ["2", "2"]
    assert "it went back with left, which crashed" in pair.status_text()
    pair.save("both.h", HEADER.format(4))
    moved(pair, "swap")
    assert answers(pair) == ["4", "4"]
