"""Case 59: a server under load is saved into again and again: no request
fails. How long they take is measured by bench/under_load.py."""
import os
import pathlib
import sys

from live import source

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "bench"))

import ask  # noqa: E402

SAVES = int(os.environ.get("COWBIRD_TEST_LOAD_SAVES", "40"))


def test_no_request_fails_through_saves_under_load(live):
    """Each save follows the swap of the one before at once."""
    pid = live.get("/pid/")
    load = ask.Load(live._port, "/scoring/answer", connections=4)
    for n in range(2, SAVES + 2):
        live.save("scoring.c", source(n))
        live.event("swap", module="scoring")
    load.end()
    assert (load.failed, load.answered > SAVES) == (0, True), load.said
    assert live.get("/scoring/answer") == (200, str(SAVES + 1))
    assert live.get("/pid/") == pid
