"""Case 6: a compiler that is killed, as when memory is short: tried once
more; then the old code serves on, and nothing of it is left."""
import os
import pathlib

import pytest

from live import Live, source


@pytest.fixture
def slow(program, python, project, gate):
    with Live(program, project, python=python,
              options=gate.options,
              env=gate.env) as running:
        running.port()
        assert running.get("/scoring/answer") == (200, "1")
        running.meet()
        yield running


WAYS = {
    "the compiler": "kill -9 $$",
    "the compile's process": "kill -9 $PPID; sleep 100",
    "what the compiler has started": (
        "echo 'cc: fatal error: Killed signal terminated program cc1' >&2; "
        "exit 1"),
}


def leavings():
    cache = pathlib.Path(os.environ["COWBIRD_CACHE_DIR"])
    return list((cache / "tmp").glob("*/*/litter")) + list(
        (cache / "artefacts").glob("*/*/**/litter"))


@pytest.mark.parametrize("way", WAYS)
def test_a_compiler_that_is_killed_once_is_run_again(slow, gate, way):
    gate.does("echo >$TMPDIR/litter; rm %s/does; " + WAYS[way] + "\n")
    slow.save("scoring.c", source(2))
    slow.event("swap", module="scoring")
    assert slow.get("/scoring/answer") == (200, "2")
    assert "error" not in [e["event"] for e in slow.seen]
    assert leavings() == []


def test_one_that_is_killed_each_time_leaves_the_old_serving(slow, gate):
    for way in WAYS.values():
        gate.does(f"echo >$TMPDIR/litter; echo >>%s/tries; {way}\n")
        slow.save("scoring.c", source(2))
        slow.event("error", module="scoring")
        assert slow.get("/scoring/answer") == (200, "1")
        assert leavings() == []
    slow.said("ended with signal 9 (Killed)")
    slow.said("killed by signal 9 (Killed); is memory short?")
    assert (gate.folder / "tries").read_text().count("\n") == 6
    gate.opens()
    slow.save("scoring.c", source(2))
    slow.event("swap", module="scoring")
    assert slow.get("/scoring/answer") == (200, "2")
