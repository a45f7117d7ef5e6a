"""`cowbird run` a second time: what a start was made from is kept, and a
thousand sources need no look while nothing has changed. Whatever could change
the modules is noticed."""
import os
import pathlib
import subprocess

import pytest

PLAIN = '''\
#include <cowbird.h>
#include "factor.h"
long answer(void) { return FACTOR * %d; }
'''
APP = "import scoring\nprint(scoring.answer())\n"


class Project:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder / "project"
        self.cache = folder / "cache"
        for name in ("inner", "shared"):
            (self.folder / name).mkdir(parents=True)
        self.write("app.py", APP)
        self.write("inner/app.py", APP)
        self.write("scoring.c", PLAIN % 1)
        self.write("shared/factor.h", "#define FACTOR 10\n")
        self.write("pyproject.toml", "[tool.cowbird.modules.scoring]\n"
                   'sources = ["scoring.c"]\ninclude-dirs = ["inner", '
                   '"shared"]\n')

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def run(self, **environment):
        """(what the app printed, what was said)"""
        done = subprocess.run(
            [self.program, "run", "app.py"], cwd=self.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=120,
            env={**os.environ, "COWBIRD_CACHE_DIR": str(self.cache),
                 **environment})
        return done.stdout.strip(), done.stderr

    def record(self):
        found = list((self.cache / "starts").glob("*"))
        return found[0] if len(found) == 1 else None

    def settle(self):
        """Until a start is kept: the files' clock must have ticked since they
        were written. Marks the record, so that a start by it says so."""
        for _ in range(20):
            self.run()
            if self.record():
                break
        text = self.record().read_text()
        assert "\nbuilt " in text
        self.record().write_text(text.replace("\nbuilt ",
                                              "\nbuilt as kept, "))


@pytest.fixture
def project(program, tmp_path):
    return Project(program, tmp_path)


@pytest.fixture
def kept(project):
    project.settle()
    return project


def by_record(said):
    return "built   as kept, scoring" in said


def test_a_start_like_the_one_before_goes_by_its_record(kept):
    for _ in range(2):
        printed, said = kept.run()
        assert printed == "10"
        assert by_record(said)


def test_what_an_app_writes_beside_its_modules_is_no_change(kept):
    kept.write("journal.db", "")
    (kept.folder / "__pycache__").mkdir(exist_ok=True)
    (kept.folder / "__pycache__" / "app.pyc").touch()
    assert by_record(kept.run()[1])


@pytest.mark.parametrize("name, text, answer", [
    ("scoring.c", PLAIN % 2, "20"),
    ("shared/factor.h", "#define FACTOR 30\n", "30"),
    ("inner/factor.h", "#define FACTOR 40\n", "40"),
    ("pyproject.toml", '[tool.cowbird.modules.scoring]\nsources = '
     '["scoring.c"]\ninclude-dirs = ["shared"]\ncflags = ["-DMORE"]\n',
     "10"),
])
def test_a_change_of_what_it_is_made_from_is_built(kept, name, text, answer):
    kept.write(name, text)
    printed, said = kept.run()
    assert printed == answer
    assert not by_record(said)


def test_a_file_of_the_same_size_and_time_is_another_file(kept):
    path = kept.folder / "scoring.c"
    before = path.stat()
    sibling = kept.folder / "sibling"
    sibling.write_text(PLAIN % 3)
    os.utime(sibling, ns=(before.st_atime_ns, before.st_mtime_ns))
    sibling.rename(path)
    assert kept.run()[0] == "30"


def test_a_module_that_comes_or_goes_is_noticed(kept):
    kept.write("inner/late.c", "#include <cowbird.h>\nint late(void) "
                               "{ return 7; }\n")
    kept.write("app.py", "import inner.late\nprint(inner.late.late())\n")
    printed, said = kept.run()
    assert printed == "7", said
    assert not by_record(said)
    (kept.folder / "inner/late.c").unlink()
    assert "7" not in kept.run()[0]


def test_a_source_that_becomes_a_module_is_noticed(project):
    project.write("idle.c", "int idle;\n")
    project.settle()
    project.write("idle.c", "#include <cowbird.h>\nint idle(void) "
                            "{ return 8; }\n")
    project.write("app.py", "import idle\nprint(idle.idle())\n")
    assert project.run()[0] == "8"


def test_a_python_file_that_a_module_hides_is_still_warned_of(project):
    project.write("idle.c", "#include <cowbird.h>\nint f(void);\n")
    project.settle()
    project.write("idle.py", "")
    for _ in range(2):
        assert "idle.py beside it is not imported" in project.run()[1]


@pytest.mark.parametrize("environment", [
    {"CFLAGS": "-DOTHER"}, {"CC": "gcc -DOTHER"}, {"COWBIRD_CC": "gcc"}])
def test_another_environment_is_another_start(kept, environment):
    printed, said = kept.run(**environment)
    assert printed == "10"
    assert not by_record(said)


def test_a_damaged_artefact_is_made_again(kept):
    artefact = next(pathlib.Path(kept.cache).glob("artefacts/*/*/*.so"))
    artefact.write_bytes(b"nothing")
    assert kept.run()[0] == "10"


def test_a_cleared_cache_is_filled_again(kept):
    subprocess.run([kept.program, "cache", "clear"], check=True,
                   env={**os.environ, "COWBIRD_CACHE_DIR": str(kept.cache)},
                   stderr=subprocess.DEVNULL)
    assert kept.record() is None
    assert kept.run()[0] == "10"


@pytest.mark.parametrize("damage", [
    lambda text: text[:len(text) // 2], lambda text: "",
    lambda text: text.replace("cowbird 1", "cowbird 0"),
    lambda text: text.replace("folder /", "folder /gone/"),
    lambda text: text + "in zz\nis 1\n"])
def test_a_damaged_record_is_no_record(kept, damage):
    kept.record().write_text(damage(kept.record().read_text()))
    printed, said = kept.run()
    assert printed == "10"
    assert not by_record(said)


def test_a_start_with_a_warning_warns_again(project):
    project.write("scoring.c", (PLAIN % 1) + "static int unused;\n")
    for _ in range(3):
        printed, said = project.run()
        assert printed == "10"
        assert "unused" in said


def test_a_failure_is_told_at_each_start(project):
    project.write("scoring.c", "#include <cowbird.h>\nint f(void) { x; }\n")
    for _ in range(2):
        assert "'x'" in project.run()[1]
