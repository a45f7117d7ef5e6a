"""`cowbird demo`: what it says, that it is quick to end, what it leaves."""
import json
import os
import re
import signal
import subprocess

import pytest

from live import PATIENCE

ADDRESS = r"http://127\.0\.0\.1:\d+/"
SCREEN = [
    r"  create  scoring\.c  one function: total\(list\) -> float",
    r"  create  app\.py     a web app that calls it",
    r"  run     cowbird run app\.py --compile-path=\. --dev",
    r"  served  6\.0 at " + ADDRESS + r", pid \d+, \d+ ms after the start",
    r"  edit    return sum \* 10       6\.0 -> 60\.0  +\d+ ms from save to "
    r"first new answer \(.+\)",
    r"  edit    return sum / 4       60\.0 -> 1\.5   +\d+ ms from save to "
    r"first new answer \(.+\)",
    r"  edit    return sum \+ 0\.25     1\.5 -> 6\.25  +\d+ ms from save to "
    r"first new answer \(.+\)",
    r"  break   return sun \+ 0\.25    6\.25 still served: .*sun.*",
    r"  repair  return sum \* sum     6\.25 -> 36\.0  +\d+ ms from save to "
    r"first new answer \(.+\)",
    r"  done    5 saves, \d+ requests, all answered by process \d+",
]


@pytest.fixture
def demo(program, python, tmp_path):
    def start(*words):
        return subprocess.Popen(
            [program, "demo", "--python=" + python, *words],
            env=dict(os.environ, TMPDIR=str(tmp_path)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True)
    return start


def processes_below(folder):
    """Living processes that work in the folder, or in one deleted there."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            cwd = os.readlink("/proc/%s/cwd" % pid)
        except OSError:
            continue
        if cwd.startswith(str(folder)):
            found.append(pid)
    return found


def check_nothing_is_left(folder):
    assert os.listdir(folder) == []
    assert processes_below(folder) == []


def check_screen(text, patterns):
    lines = text.splitlines()
    for line, pattern in zip(lines, patterns):
        assert re.fullmatch(pattern, line), (pattern, line, text)
    assert len(lines) == len(patterns), text


def test_it_shows_five_saves_and_leaves_nothing(demo, tmp_path):
    process = demo()
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, ""), err
    check_screen(err, SCREEN)
    served, done = (line for line in err.splitlines()
                    if line.startswith(("  served", "  done")))
    assert (re.search(r"pid (\d+)", served).group(1)
            == re.search(r"process (\d+)", done).group(1))
    check_nothing_is_left(tmp_path)


def test_keep_leaves_a_project_that_is_ready_to_run(demo, tmp_path):
    process = demo("--keep", "-q")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, ""), err
    folder, = tmp_path.iterdir()
    check_screen(err, [
        r"Kept in:  " + re.escape(str(folder)),
        r"Then:     cd " + re.escape(str(folder)) + r" && cowbird run app\.py "
        r"--compile-path=\. --dev"])
    assert sorted(p.name for p in folder.iterdir()) == [
        "app.py", "compile_commands.json", "scoring.c"]
    assert processes_below(tmp_path) == []


def test_json_tells_what_each_save_did(demo, tmp_path):
    process = demo("--json", "-q")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    acts = json.loads(out)
    assert [(a["act"], a["before"], a["after"]) for a in acts] == [
        ("edit", "6.0", "60.0"), ("edit", "60.0", "1.5"),
        ("edit", "1.5", "6.25"), ("break", "6.25", "6.25"),
        ("repair", "6.25", "36.0")]
    assert all(a["took_ms"] > 0 for a in acts if a["act"] != "break")


@pytest.mark.parametrize("after", ["  run ", "  served ", "  break "])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything_at_once(demo, tmp_path, after, number):
    process = demo()
    seen = []
    for line in process.stderr:
        seen.append(line)
        if line.startswith(after):
            break
    process.send_signal(number)
    err = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130, "".join(seen) + err
    check_nothing_is_left(tmp_path)


def test_a_relative_python_is_found_from_where_it_was_named(
        program, python, tmp_path):
    os.symlink(python, tmp_path / "mine")
    done = subprocess.run([program, "demo", "-q", "--python=./mine"],
                          cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                          timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_machine_that_cannot_is_told_why(demo, tmp_path):
    process = demo("--cc=/no/such/compiler")
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0 and out == ""
    assert "/no/such/compiler" in err
    check_nothing_is_left(tmp_path)
