"""Case 22: more events than the kernel's queue holds: all is looked at again,
and the final state is right."""
import os
import pathlib
import signal

from live import Live, source


def test_a_queue_that_overflows_loses_no_save(program, python, project):
    limit = int(pathlib.Path(
        "/proc/sys/fs/inotify/max_queued_events").read_text())
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
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
