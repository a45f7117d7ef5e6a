"""What a session tells of old code, and what it leaves of it on disk."""
import json
import os
import pathlib
import subprocess
import time

import pytest

from live import APP, PATIENCE, Live, source

PINNED = "static __thread long mine;\nlong use(void) { return ++mine; }\n"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1) + PINNED)
    return folder


def status(program, project, *words):
    done = subprocess.run([program, "status", *words], cwd=project, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    return done.stdout


def await_worker(program, project, question):
    """What status says of the one worker, once it is so."""
    end = time.monotonic() + PATIENCE
    while True:
        worker, = json.loads(status(program, project, "--json"))["workers"]
        if question(worker):
            return worker
        assert time.monotonic() < end, worker


def images_on_disk():
    cache = pathlib.Path(os.environ["COWBIRD_CACHE_DIR"])
    return {int(path.name.partition("-")[0])
            for path in cache.rglob("sessions/**/scoring/*.so")}


def test_status_says_what_is_unloaded_and_what_is_kept_and_why(
        program, project):
    with Live(program, project, options=("--cc=gcc",)) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        for n in range(2, 6):
            live.save("scoring.c", source(n))
            live.event("swap", module="scoring", generation=n)
            assert live.get("/scoring/answer") == (200, str(n))
        # Which of 2, 3 and 4 go is the scan's: a stray word in freed memory
        # keeps an image, and is no fault.
        worker = await_worker(program, project, lambda w: w["unloaded"] >= 1)
        pinned, = (kept for kept in worker["kept"] if kept["for_ever"])
        assert (pinned["module"], pinned["generation"]) == ("scoring", 1)
        assert "thread-local" in pinned["why"]
        assert ("keeps scoring gen 1 for ever: it has thread-local variables"
                in status(program, project))
        end = time.monotonic() + PATIENCE
        while {1, 2, 3, 4, 5} <= (left := images_on_disk()):
            assert time.monotonic() < end, left
        assert {1, 5} <= left <= {1, 2, 3, 4, 5}
