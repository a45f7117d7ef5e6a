"""Case 68: a cache whose file system forbids execution is refused at the
start, not at the first save; what seccomp denies has another way.

SELinux cannot be tried here, where the kernel has none. Nothing of ours asks
for what its policies deny (execmem, execmod, execstack): code is mapped from
files only, stubs are compiled, no stack is executable
(tests/unit/test_object.c)."""
import pathlib
import platform
import sys

import pytest

from live import Live, source
from mounted import Mounted


def test_a_cache_without_execution_is_refused_at_the_start(program, python,
                                                           project):
    for dev in (True, False):
        with Mounted(program, project, "size=64m", ",noexec", python=python,
                     dev=dev) as live:
            assert live.wait() == 2
            live.said("is mounted noexec: no module can be loaded from it")
            live.said("COWBIRD_CACHE_DIR")
            assert live.out == []


# of asm/unistd_64.h
DENIED = {
    "no watching": ("253,294", "polling"),  # inotify_init, inotify_init1
    "no memory files": ("319", "ready"),    # memfd_create
    "no comparing and copying": ("312,326", "ready"),  # kcmp, copy_file_range
}


@pytest.mark.skipif(platform.machine() != "x86_64",
                    reason="the numbers of calls are those of x86-64")
@pytest.mark.parametrize("what", DENIED)
def test_saves_go_live_where_seccomp_denies(program, python, project, what):
    numbers, words = DENIED[what]
    denied = pathlib.Path(__file__).with_name("denied.py")
    with Live(program, project, python=python,
              through=(sys.executable, str(denied), numbers)) as live:
        live.port()
        live.said(words)
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        for value in (2, 3, 4):
            live.save("scoring.c", source(value))
            live.event("swap", module="scoring")
            assert live.get("/scoring/answer") == (200, str(value))
