"""Case 10: the optimised build of a save ends after a newer save: it never
goes live."""
import os
import shutil
import time

import pytest

from live import PATIENCE, Live, source

# A compiler that waits while the file beside it exists.
SLOW_CC = '''\
#!/bin/sh
case " $* " in *" -c "*)
    : > "{folder}/started"
    while [ -e "{folder}/hold" ]; do sleep 0.02; done;;
esac
exec {cc} "$@"
'''


def wait_for_file(path):
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"no {path}"
        time.sleep(0.005)  # a file tells nobody that it is there


def test_an_optimised_build_of_an_older_save_is_dropped(
        program, python, project, tmp_path):
    if "COWBIRD_TCC" not in os.environ:
        pytest.skip("there is no libtcc")
    gate = tmp_path / "gate"
    gate.mkdir()
    slow = gate / "slow-cc"
    slow.write_text(SLOW_CC.format(folder=gate, cc=shutil.which("cc")))
    slow.chmod(0o755)
    with Live(program, project, python=python, options=("-v",),
              env={"COWBIRD_TIERS": "1", "CC": str(slow)}) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        (gate / "hold").touch()
        (gate / "started").unlink()
        live.save("scoring.c", source(2))
        assert live.event("swap")["compiler"] == "tcc"
        wait_for_file(gate / "started")
        live.save("scoring.c", source(3))
        newer = live.event("swap")
        assert (newer["compiler"], newer["generation"]) == ("tcc", 3)
        live.said("a newer save came first")
        (gate / "hold").unlink()
        live.said("scoring  gen 3 by")
        assert live.get("/scoring/answer") == (200, "3")
        assert "gen 2 by" not in live.words()
        assert live.status()["modules"][0]["generation"] == 3
