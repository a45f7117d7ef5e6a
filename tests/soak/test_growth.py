"""A hundred swaps leave nothing behind: what `make soak` shows for ten
thousand."""
import os
import pathlib
import subprocess
import sys

GROWTH = pathlib.Path(__file__).resolve().parents[2] / "bench" / "growth.py"


def test_a_hundred_swaps_leave_nothing_behind(program, python):
    words = [sys.executable, str(GROWTH), "--program=" + program,
             "--python=" + python, "--swaps=100", "--check"]
    if os.environ.get("COWBIRD_TEST_SANITIZE"):
        words.append("--sanitized")
    done = subprocess.run(words, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
