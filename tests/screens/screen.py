"""What a screen test is written in: run the program in an empty project, look
at both streams and the exit status."""
import os
import re
import subprocess

import pytest

# Texts that differ from run to run, and what stands for them.
CHANGING = (
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "HH:MM:SS"),
    (re.compile(r"\b\d+(\.\d+)?(ms|s)\b"), "TIME"),
    (re.compile(r"\bcowbird \d+\.\d+\.\d+\S*"), "cowbird VERSION"),
    (re.compile(r"\bCPython \d+\.\d+\.\d+\S*"), "CPython VERSION"),
)


def normal(project, text):
    """`text` with what changes from run to run under its name."""
    text = text.replace(str(project), "PROJECT")
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return text


class Screen:
    """What one run left: status, out and err as they were, `shown` and `said`
    normalised."""

    def __init__(self, project, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        self.shown = normal(project, done.stdout)
        self.said = normal(project, done.stderr)


class Project:
    """An empty folder with the program at hand."""

    def __init__(self, folder, program):
        self.folder = folder
        self.program = program

    def write(self, name, text=""):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *words, cwd=None, env=(), without=(), **options):
        """`cowbird WORDS…` to its end; `env` is added, `without` taken
        away."""
        full = dict(os.environ, LC_ALL="C.UTF-8", TERM="dumb")
        for name in without:
            full.pop(name, None)
        full.update(env)
        done = subprocess.run(
            [self.program, *words], cwd=cwd or self.folder, env=full,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8",
            errors="surrogateescape", timeout=120, **options)
        return Screen(self.folder, done)

    def refuses(self, *words, said, status=2, **options):
        """Nothing on stdout, exactly `said` on stderr."""
        screen = self.run(*words, **options)
        assert screen.said == said
        assert screen.shown == ""
        assert screen.status == status


def needs(what, is_there):
    if not is_there:
        if os.environ.get("CI"):
            pytest.fail("no " + what)
        pytest.skip("no " + what)
