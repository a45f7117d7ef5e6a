"""What reaches the app of a session from outside: signals, their mask and
dispositions, descriptors; and what an interrupt does before there is one."""
import os
import re
import signal
import subprocess
import sys

import pytest

from live import APP, Live, processes_of, source


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    return folder


def sessions():
    folder = os.path.join(os.environ["XDG_RUNTIME_DIR"], "cowbird")
    return os.listdir(folder) if os.path.isdir(folder) else []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM],
                         ids=lambda n: n.name)
def test_an_interrupt_during_the_first_compile_is_130(program, project,
                                                      tmp_path, number):
    """The compiler never ends; nobody may wait for it."""
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    slow = tmp_path / "slow-cc"
    slow.write_text(f"""#!/bin/sh
for word; do
    case $word in *scoring.c) echo begun > {begun}; exec sleep 600;; esac
done
exec cc "$@"
""")
    slow.chmod(0o755)
    (project / "app.py").write_text("open('started', 'w')\n")
    with Live(program, project, options=[f"--cc={slow}"]) as live:
        with open(begun) as said:
            said.read()
        os.kill(live.pid, number)
        assert live.process.wait(20) == 130
    assert not (project / "started").exists()
    assert sessions() == []


STATE = """import os, signal
print("mask", sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), flush=True)
status = open("/proc/self/status").read()
print("ignored", [l for l in status.splitlines() if "SigIgn" in l], flush=True)
links = [f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")
         if int(n) > 2]
print("files", [os.readlink(l) for l in links if os.path.islink(l)],
      flush=True)
"""


def test_signals_are_to_the_app_as_without_us(program, project):
    (project / "app.py").write_text(STATE)

    def begin():
        signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1])
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def lines(argv):
        done = subprocess.run(argv, cwd=project, text=True, timeout=90,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, preexec_fn=begin)
        assert done.returncode == 0
        return done.stdout.splitlines()[:2]

    assert lines([program, "run", "-q", "--dev", "--python", sys.executable,
                  "app.py"]) == lines([sys.executable, "app.py"])


def test_a_parent_that_ignores_its_children_is_no_trouble(program, project):
    """SIGCHLD ignored would hide how the app ends."""
    (project / "app.py").write_text("import sys; sys.exit(7)\n")
    done = subprocess.run(
        [program, "run", "-q", "--dev", "app.py"], cwd=project, timeout=90,
        stdin=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(
            signal.SIGCHLD, signal.SIG_IGN))
    assert done.returncode == 7


def test_no_descriptor_of_ours_reaches_the_app(program, project):
    (project / "app.py").write_text(STATE)
    with Live(program, project) as live:
        files = live.line("files ")
        assert live.wait() == 0
    ours = re.findall(r"'(?:socket|pipe|anon_inode)[^']*'|'[^']*lock'", files)
    assert ours == [], files


def test_a_session_inside_a_session_has_its_own_modules(program, project,
                                                        tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "app.py").write_text(
        "import scoring\nprint('inner', scoring.answer(), flush=True)\n")
    (inner / "scoring.c").write_text(source(2))
    (project / "app.py").write_text(f"""import subprocess, scoring
subprocess.run([{str(program)!r}, "run", "--dev", "--compile-path=.",
                "app.py"], cwd={str(inner)!r}, check=True)
print("outer", scoring.answer(), flush=True)
""")
    with Live(program, project) as live:
        assert live.line("inner ") == "inner 2"
        assert live.line("outer ") == "outer 1"
        assert live.wait() == 0
    assert processes_of(inner) == []


def test_a_folder_of_odd_characters_is_no_trouble(program, tmp_path):
    folder = tmp_path / "a b%20'\"$(x)\té\n#"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    with Live(program, folder) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.save("scoring.c", source(2))
        # its first build may be made again before: make's rules cannot tell
        # every file with such a name
        live.event("swap", module="scoring")
        while live.get("/scoring/answer") != (200, "2"):
            live.event("swap", module="scoring")
