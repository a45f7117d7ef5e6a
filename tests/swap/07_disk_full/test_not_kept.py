"""What a compile has yet to write when the code could go live already: where
that fails, no other code goes live in its place."""
import os
import pathlib
import subprocess
import time

import pytest

from live import PATIENCE, Live

PLAIN = '#include "cowbird.h"\n\nint answer(void)\n{\n    %s\n}\n'
CRASH = "*(volatile int *)16 = 1; return 0;"
# A folder stands where the binding is to be kept.
SPOIL = """\
for word; do
    if test "$last" = -o; then out=$word; fi
    last=$word
done
mkdir -p "$(dirname "$out")/scoring.binding.c"
"""


@pytest.fixture
def live(program, python, project, gate):
    """A session of one plain function, by a compiler that can spoil; it has
    answered once."""
    (project / "scoring.c").write_text(PLAIN % "return 1;")
    with Live(program, project, python=python, options=gate.options,
              env=gate.env) as running:
        running.port()
        assert running.get("/scoring/answer") == (200, "1")
        running.meet()
        yield running


def test_after_a_crash_a_build_that_is_not_kept_is_refused(live, gate):
    live.save("scoring.c", PLAIN % "return 2;")
    live.event("swap", module="scoring")
    live.save("scoring.c", PLAIN % CRASH)
    live.event("swap", module="scoring")
    with pytest.raises((ConnectionError, OSError)):
        live.get("/scoring/answer")
    live.event("restart")
    live.port()
    assert live.get("/scoring/answer") == (200, "2")
    live.meet()
    gate.does(SPOIL)
    live.save("scoring.c", PLAIN % "return 3;")
    live.event("error", module="scoring")
    live.said("the binding of scoring could not be written")
    assert live.get("/scoring/answer") == (200, "2")
    gate.opens()
    live.save("scoring.c", PLAIN % "return 4;")
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "4")


def newest_image(live):
    """Of those that the app has mapped; their names begin with numbers."""
    pid = int(live.get("/pid/of")[1])
    with open(f"/proc/{pid}/maps") as maps:
        paths = {pathlib.Path(line.split()[-1]) for line in maps
                 if "-scoring" in line}
    return max(paths, key=lambda path: int(path.name.partition("-")[0]))


def await_gone(path):
    end = time.monotonic() + PATIENCE
    while path.exists():
        assert time.monotonic() < end, path
        time.sleep(0.02)  # a file tells nobody that it has gone


def test_undo_goes_back_to_a_generation_that_was_not_kept(live, gate):
    gate.does(SPOIL)
    live.save("scoring.c", PLAIN % "return 2;")
    live.event("swap", module="scoring")
    second = newest_image(live)
    gate.opens()
    live.save("scoring.c", PLAIN % "return 3;")
    live.event("swap", module="scoring")
    live.save("scoring.c", PLAIN % "return 4;")
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "4")
    await_gone(second)
    for value in ("3", "2", "1"):
        subprocess.run([live.program, "undo", "scoring"], cwd=live.folder,
                       env={**os.environ, **gate.env}, check=True,
                       timeout=PATIENCE)
        assert live.get("/scoring/answer") == (200, value)
