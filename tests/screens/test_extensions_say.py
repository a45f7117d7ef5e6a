"""What is said of a setup.py whose extensions cannot be read; the rest goes
on."""
import os
import re

import pytest

from live import source

START = "from setuptools import setup, Extension\n"


@pytest.fixture
def warnings(project, release_python):
    """The warnings for a setup.py of this text, as they stand on stderr."""
    project.write("scoring.c", source(1))

    def ask(text, python=release_python, status=0, **options):
        project.write("setup.py", text)
        screen = project.run("build", "--python", python, **options)
        assert screen.status == status, screen.said
        assert re.search("^  built   scoring ", screen.said, re.MULTILINE)
        return [line for line in screen.said.replace(
            str(python), "PYTHON").splitlines()
            if line.startswith("warning: ")]
    return ask


def test_an_exception_is_told_with_its_place_and_last_line(warnings):
    assert warnings(START + "print('hello')\n"
                    "raise ValueError('no compiler\\nof yours')\n") == [
        "warning: setup.py:3: ValueError: no compiler, so its extensions are "
        "left out"]


def test_a_helpers_exception_names_the_helper(warnings, project):
    project.write("helper.py", "def names():\n    return {}['no']\n")
    assert warnings(START + "import helper\nhelper.names()\n") == [
        "warning: helper.py:2: KeyError: 'no', so its extensions are left "
        "out"]


def test_a_syntax_error_has_its_line(warnings):
    said, = warnings(START + "setup(\n")
    assert re.fullmatch(
        r"warning: setup\.py:\d: SyntaxError: .*, so its extensions are left "
        r"out", said)


def test_a_missing_build_requirement_is_named_with_its_fix(warnings):
    assert warnings(START + "import nosuch.core\n") == [
        "warning: setup.py:2: ModuleNotFoundError: No module named 'nosuch', "
        "so its extensions are left out (PYTHON -m pip install nosuch, if "
        "that is its name)"]


def test_one_that_ends_before_setup_says_how(warnings):
    assert warnings(START + "import sys\nsys.exit('give me a command')\n"
                    "setup()\n") == [
        "warning: setup.py: it ended with 'give me a "
        "command' before a call of setup(), so its extensions are left out"]
    assert warnings(START + "if 'sdist' in __import__('sys').argv:\n"
                    "    setup()\n") == [
        "warning: setup.py: it ended without a call of setup(), so its "
        "extensions are left out"]


def test_one_that_crashes_says_how_and_its_last_line(warnings):
    assert warnings(START + "import os\nos.system('echo one; echo two >&2')\n"
                    "os.kill(os.getpid(), 9)\n") == [
        "warning: setup.py: signal 9 (Killed), so its extensions are left "
        "out (its last line: two)"]


def test_one_that_hangs_is_ended(warnings, project):
    said = warnings(START + "print('thinking', flush=True)\n"
                    "import signal\nsignal.pause()\n")
    assert said == [
        "warning: setup.py: it had not called setup() after 20 s and was "
        "ended, so its extensions are left out (its last line: thinking)"]


def test_a_python_without_setuptools_is_named_with_the_fix(
        warnings, tmp_path, python):
    # whichever there is: a folder that hides it comes first
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "setuptools.py").write_text(
        "raise ModuleNotFoundError('hidden', name='setuptools')\n")
    assert warnings(START + "setup()\n", python=python, env={
        "PYTHONPATH": os.fspath(hidden)}) == [
        "warning: setup.py: PYTHON has no setuptools, so its extensions are "
        "left out (PYTHON -m pip install setuptools)"]


def test_a_pure_python_project_is_left_in_peace(warnings):
    assert warnings(START + "setup(name='pure', packages=[])\n") == []


@pytest.mark.parametrize("body, reason", [
    ("subprocess.check_call(['cmake', '.'])", "it starts cmake"),
    ("os.mkdir('made')", "it makes, moves or removes made"),
    ("open('made.h', 'w')", "it writes made.h"),
    ("raise ValueError('no core\\nof yours')", "ValueError: no core")])
def test_a_build_ext_that_does_more_than_ask_is_stopped_and_named(
        warnings, project, body, reason):
    assert warnings(
        START + "import os, subprocess\n"
        "from setuptools.command.build_ext import build_ext\n"
        "class own(build_ext):\n    def build_extension(self, one):\n"
        "        %s\n"
        "setup(name='a', ext_modules=[Extension('core', [])],\n"
        "      cmdclass={'build_ext': own})\n" % body) == [
        "warning: setup.py: its build_ext is not followed to its end (%s), "
        "so what that adds to the extensions is left out "
        "([tool.cowbird.modules.NAME] in pyproject.toml says more: cowbird "
        "help modules)" % reason]
    assert not list(project.folder.glob("made*"))


@pytest.mark.parametrize("text, what", [
    (START + "setup(cffi_modules=['make.py:ffi'])\n",
     "cffi_modules are left out, because cffi makes their C when it builds"),
    (START + "setup(rust_extensions=['core'])\n",
     "rust_extensions are left out, because cowbird compiles C and C++ "
     "alone"),
    (START + "from mypyc.build import mypycify\n"
     "setup(ext_modules=mypycify(['a.py']))\n",
     "mypyc modules are left out, because mypyc makes their C when it "
     "builds"),
    ("from skbuild import setup\nsetup(name='a')\n",
     "CMake targets are left out, because CMake alone knows how they are "
     "built")])
def test_modules_that_others_make_are_named(warnings, text, what):
    assert warnings(text) == ["warning: setup.py: its " + what]


@pytest.mark.parametrize("backend, file, text", [
    ("mesonpy", "meson.build", "project('birds', 'c')\n"),
    ("scikit_build_core.build", "CMakeLists.txt", "project(birds)\n"),
    ("hatchling.build", "hatch_build.py", "x = Extension('a', ['a.c'])\n"),
    ("poetry.core.masonry.api", "build.py", "x = Extension('a', ['a.c'])\n"),
    ("pdm.backend", "pdm_build.py", "x = Extension('a', ['a.c'])\n")])
def test_another_build_backend_is_named_with_what_to_write(
        project, release_python, backend, file, text):
    project.write("scoring.c", source(1))
    project.write(file, text)
    start = '[build-system]\nbuild-backend = "%s"\n' % backend

    def warnings(more=""):
        project.write("pyproject.toml", start + more)
        screen = project.run("build", "--python", release_python)
        assert screen.status == 0, screen.said
        return [line for line in screen.said.splitlines()
                if line.startswith("warning: ")]
    assert warnings() == [
        "warning: %s: the extensions that it declares are left out, because "
        "cowbird reads setup.py and [tool.setuptools] alone "
        "([tool.cowbird.modules.NAME] in pyproject.toml names them: cowbird "
        "help modules)" % file]
    assert warnings('[tool.cowbird.modules.scoring]\n'
                    'sources = ["scoring.c"]\n') == []


def test_a_pure_python_project_of_another_backend_is_left_in_peace(
        project, release_python):
    project.write("scoring.c", source(1))
    project.write("pyproject.toml",
                  '[build-system]\nbuild-backend = "hatchling.build"\n')
    project.write("hatch_build.py", "print('no more than a version')\n")
    screen = project.run("build", "--python", release_python)
    assert "warning" not in screen.said
