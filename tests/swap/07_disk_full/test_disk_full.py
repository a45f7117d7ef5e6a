"""Case 7: a full disk, or one that cannot be written: the old serves on, the
message says so, and the same save goes live when it can.

An artefact in memory alone would be no way around: gcc's temporary files, the
record of a build that the next start reads and what a debugger opens need the
disk as well."""
import pytest

from live import source
from mounted import Mounted


def fill(path):
    """Until nothing more goes in."""
    with open(path, "wb", buffering=0) as file:
        try:
            while file.write(b"0" * 4096):
                pass
        except OSError:
            pass


@pytest.fixture(params=["tcc", "cc"])
def mounted(request, program, python, project, gate):
    if request.param == "tcc":
        request.getfixturevalue("tcc")
    with Mounted(program, project, "size=64m", python=python, env=gate.env,
                 options=() if request.param == "tcc" else gate.options
                 ) as running:
        running.port()
        assert running.get("/scoring/answer") == (200, "1")
        running.meet()
        yield running


def must_recover(mounted, words, mend):
    mounted.save("scoring.c", source(2))
    mounted.event("error", module="scoring")
    mounted.said(words)
    mounted.said("gen 1 still serves")
    assert mounted.get("/scoring/answer") == (200, "1")
    mend()
    mounted.save("scoring.c", source(2))
    mounted.event("swap", module="scoring")
    assert mounted.get("/scoring/answer") == (200, "2")


def test_a_full_disk_is_named_and_the_save_goes_live_when_there_is_room(
        mounted):
    filler = mounted.inside("filler")
    fill(filler)
    must_recover(mounted, "No space left on device", filler.unlink)


def test_a_disk_that_cannot_be_written_is_named_and_waited_for(mounted):
    mounted.remount("ro")
    must_recover(mounted, "Read-only file system",
                 lambda: mounted.remount("rw"))
