"""Case 23: the watched folder goes and comes, the limit of watches is
reached, the file system tells of nothing."""
import pathlib
import shutil
import subprocess

import pytest

from live import PATIENCE, Live, source
from mounted import unsharing


def test_a_project_deleted_and_made_anew_is_watched_again(live):
    shutil.rmtree(live.folder)
    live.event("removed", module="scoring")
    assert live.get("/scoring/answer") == (200, "1")
    live.save("scoring.c", source(2))  # makes the folder, too
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "2")


def test_polling_sees_saves_as_well(program, python, project):
    with Live(program, project, python=python,
              env={"COWBIRD_FORCE_POLLING": "1"}) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")
        (project / "scoring.c").write_text(source(3))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "3")
        live.said("polling")


# $0: how many watches there are in a user namespace of its own
FEW_WATCHES = 'echo "$0" > /proc/sys/user/max_inotify_watches && exec "$@"'


def with_watches(count):
    """The words that leave a session so many, or a counted skip."""
    words = ["unshare", "-Ur", "sh", "-c", FEW_WATCHES, str(count)]
    if shutil.which("unshare") is None or subprocess.run(
            [*words, "true"], stderr=subprocess.DEVNULL,
            timeout=PATIENCE).returncode != 0:
        pytest.skip("no user namespace here: unshare -U is not allowed")
    return words


def test_where_watches_run_out_it_polls_and_names_the_limit(
        program, python, project):
    for n in range(6):
        folder = project / f"part{n}"
        folder.mkdir()
        (folder / "geo.c").write_text(source(n, "geo"))
    with Live(program, project, python=python,
              through=with_watches(3)) as live:
        live.port()
        live.said("watching by polling: limit of 3 inotify watches")
        for n in range(6):
            assert live.get(f"/part{n}.geo/answer") == (200, str(n))
        live.meet()
        for n in range(6):
            live.save(f"part{n}/geo.c", source(n + 10, "geo"))
            live.event("swap", module=f"part{n}.geo")
            assert live.get(f"/part{n}.geo/answer") == (200, str(n + 10))


def test_doctor_names_the_limit_that_is_met(program, project):
    done = subprocess.run([*with_watches(0), program, "doctor"], cwd=project,
                          capture_output=True, text=True, timeout=PATIENCE)
    assert "limit 0 watches, project needs 1" in done.stderr
    assert "sysctl user.max_inotify_watches=65536" in done.stderr


def test_a_bind_mount_tells_of_saves_at_either_end(program, python, project,
                                                   tmp_path):
    """Linux gives both ends one inode; ends that tell nothing are other
    machines' and polled for the file system's name
    (tests/unit/test_watch_limits.c)."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "geo.c").write_text(source(1, "geo"))
    (project / "native").mkdir()
    through = [*unsharing(), "sh", "-c",
               'mount --bind "$0" native && exec "$@"', str(shared)]
    with Live(program, project, python=python, through=through) as live:
        live.port()
        assert live.get("/native.geo/answer") == (200, "1")
        live.meet()
        mounted = pathlib.Path(f"/proc/{live.pid}/root{project}/native")
        for value, end in enumerate((shared, mounted), 2):
            live.save(end / "geo.c", source(value, "geo"))
            live.event("swap", module="native.geo")
            assert live.get("/native.geo/answer") == (200, str(value))
