"""More saves than can be followed: nothing is lost, and the last is live."""
import os
import pathlib
import shutil
import signal
import time

import pytest

from client import Client
from live import APP, PATIENCE, Live, source

# A compiler that waits while the file beside it exists.
SLOW_CC = '''\
#!/bin/sh
case " $* " in *" -c "*|*.c*)
    : > "{folder}/started"
    while [ -e "{folder}/hold" ]; do sleep 0.02; done;;
esac
exec {cc} "$@"
'''


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    return folder


def wait_for_file(path):
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"no {path}"
        time.sleep(0.005)  # a file tells nobody that it is there


def test_of_fifty_saves_during_one_compile_the_last_goes_live(
        program, python, project, tmp_path):
    gate = tmp_path / "gate"
    gate.mkdir()
    slow = gate / "slow-cc"
    slow.write_text(SLOW_CC.format(folder=gate, cc=shutil.which("cc")))
    slow.chmod(0o755)
    with Live(program, project, python=python,
              options=(f"--cc={slow}",)) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        (gate / "hold").touch()
        (gate / "started").unlink()
        live.save("scoring.c", source(2))
        wait_for_file(gate / "started")
        for value in range(3, 53):
            live.save("scoring.c", source(value))
            assert live.get("/scoring/answer") == (200, "1")
        (gate / "hold").unlink()
        first = live.event("swap", module="scoring")
        # Saves from before the gate opened may still be on their way.
        while live.get("/scoring/answer") != (200, "52"):
            live.event("swap", module="scoring")
        assert first["generation"] <= 3
        assert "error" not in [e["event"] for e in live.seen]
        # and none is lost after it
        live.save("scoring.c", source(53))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "53")


def test_saves_as_fast_as_they_can_be_made_end_with_the_last(
        program, python, project):
    with Live(program, project, python=python) as live:
        live.port()
        with Client(live) as client:
            for value in range(2, 102):
                (project / "scoring.c").write_text(source(value))
            # A compiler may meet a file that is being written again: then
            # there is an error, and what served serves on.
            while live.get("/scoring/answer") != (200, "101"):
                live.event("swap", module="scoring")
        codes, bodies = zip(*client.answers)
        assert set(codes) == {200}
        assert list(bodies) == sorted(bodies, key=int)


def test_a_queue_that_overflows_loses_no_save(program, python, project):
    limit = int(pathlib.Path(
        "/proc/sys/fs/inotify/max_queued_events").read_text())
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        os.kill(live.pid, signal.SIGSTOP)
        try:
            name, other = project / "x.txt", project / "y.txt"
            name.touch()
            for _ in range(limit // 2 + 100):  # two events each
                os.rename(name, other)
                name, other = other, name
            # Nobody is told of these.
            live.save("scoring.c", source(2))
            live.save("deep/er/geo.c", source(7, "geo"))
        finally:
            os.kill(live.pid, signal.SIGCONT)
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")
        assert live.get("/deep.er.geo/answer") == (200, "7")
        # and what came in the dark is watched from now on
        live.save("deep/er/geo.c", source(8, "geo"))
        live.event("swap", module="deep.er.geo")
        assert live.get("/deep.er.geo/answer") == (200, "8")


def test_a_checkout_of_many_files_ends_with_its_content(program, python,
                                                        project):
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        for i in range(2000):
            path = project / f"vendor{i % 20}" / f"part{i}.h"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"#define PART {i}\n")
        live.save("scoring.c", '#include "vendor7/part7.h"\n'
                  + source("PART"))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "7")
        live.save("vendor7/part7.h", "#define PART 70\n")
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "70")
