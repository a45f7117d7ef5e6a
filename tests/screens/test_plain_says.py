"""What is said about plain modules."""
import os
import re

import pytest

MEAN = """\
#include <cowbird.h>

double
mean(const double *x, size_t n)
{
    return n == 0 ? 0 : x[0];
}
"""

BAD = """\
#include <cowbird.h>

char *
name(int i)
{
    return 0;
}

int
log_all(const char *s, ...)
{
    return 0;
}

int main(void) { return 0; }
"""

REFUSED = """\
bad.c:4:1: error: 'name' returns 'char *', and nothing says who frees it
    4 | name(int i)
      | ^~~~
      = help: write CB_OWNED before it and free() will, or give \
'const char *' for text that stays yours
bad.c:10:1: error: 'log_all' cannot be called from Python: it takes '...'
   10 | log_all(const char *s, ...)
      | ^~~~~~~
      = help: give it a fixed number of parameters, or make it static
bad.c:15:5: error: 'main' cannot be called from Python: it is the entry of a \
program
   15 | int main(void) { return 0; }
      |     ^~~~
      = help: rename it, or make it static
"""


@pytest.fixture
def say(project, python):
    """`cowbird WORDS…` with this Python, where libclang is."""
    def run(*words, **env):
        return project.run(*words, env=dict(env, COWBIRD_PYTHON=python))
    project.write("stats.c", MEAN)
    if "libclang" in run("expand", "stats.c").said:
        if os.environ.get("CI"):
            pytest.fail("no libclang")
        pytest.skip("no libclang")
    return run


def test_a_plain_module_is_built_like_any_other(say):
    assert re.fullmatch(r"  python  CPython VERSION \(.*\)\n"
                        r"  built   stats +\S.*\n"
                        r"  stubs   stats\.pyi\n"
                        r"  create  compile_commands\.json .*\n",
                        say("build").said)


def test_signatures_that_cannot_be_bound_are_shown_at_their_line(say,
                                                                 project):
    project.write("bad.c", BAD)
    screen = say("build")
    assert REFUSED in screen.said
    assert screen.said.endswith("error: 1 of 2 modules did not build\n")
    assert screen.status == 1


def test_expand_prints_the_binding(say, project):
    screen = say("expand", "stats.c")
    assert screen.shown.startswith("/* The Python module 'stats', written by "
                                   "cowbird from stats.c. */\n")
    assert (screen.said, screen.status) == ("", 0)
    project.write("bad.c", BAD)
    screen = say("expand", "bad.c")
    assert (screen.said, screen.shown, screen.status) == (REFUSED, "", 1)


def test_expand_needs_one_file_that_is_a_module(say, project):
    project.write("other.c", "int x;\n")
    assert say("expand").said == ("error: no file to expand\n"
                                  "Usage: cowbird expand [OPTIONS] FILE.c\n")
    assert say("expand", "nope.c").said == "error: no such file: nope.c\n"
    assert say("expand", "other.c").said == (
        "error: other.c is no module: it neither includes cowbird.h nor "
        "defines PyInit_…\n")


def test_a_named_libclang_that_is_not_there_is_named(say):
    assert say("expand", "stats.c", COWBIRD_LIBCLANG="/nope").said == (
        "error: COWBIRD_LIBCLANG names /nope, which is not there\n")


def test_what_cannot_be_bound_is_named_beside_exceptions_of_the_module(
        say, project):
    project.write("stats.c", "#include <cowbird.h>\n"
                             "CB_EXCEPTION(Odd, CB_ValueError);\n"
                             'int f(int a) { return cb_raise(Odd, "%d", a); }\n'
                             "int g(double **m) { return (int)m[0][0]; }\n")
    for compiler in ("tcc", "gcc"):
        done = say("check", "--cc=" + compiler)
        assert done.status == 1
        assert "stats.c:4:16: error: 'm' of 'g' is 'double **'" in done.said
        assert "undefined" not in done.said, done.said


FAULTS = """\
#include <Python.h>
#include <cowbird.h>

CB_NOGIL CB_FAULTS int
answer(int a)
{
    return a;
}
"""

FAULTS_REFUSED = """\
stats.c:4:10: error: 'answer' is CB_FAULTS and its file includes Python.h: a \
fault would leave Python's objects half changed
    4 | CB_NOGIL CB_FAULTS int
      |          ^~~~~~~~~
      = help: put it into a source without Python.h, or drop CB_FAULTS
"""


def test_faults_that_may_not_be_exceptions_are_shown_at_their_word(say,
                                                                   project):
    project.write("stats.c", FAULTS)
    assert FAULTS_REFUSED in say("build").said
    project.write("stats.c", FAULTS.replace("#include <Python.h>", "")
                  .replace("CB_NOGIL ", ""))
    assert """\
stats.c:4:1: error: 'answer' is CB_FAULTS and runs with the GIL: a fault \
would leave Python in the middle of something
    4 | CB_FAULTS int
      | ^~~~~~~~~
      = help: write CB_NOGIL CB_FAULTS (or CB_ASYNC), or drop CB_FAULTS
""" in say("build").said
