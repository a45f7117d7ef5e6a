"""`cowbird bench` beside a running app: its calls are recorded, builds are
timed on them elsewhere, and the app notices nothing."""
import contextlib
import json
import os
import subprocess

import pytest

from live import PATIENCE, Live
from words import WORDS

COMPILER = {"CC": "gcc"}  # whatever `cc` is

APP = '''\
import array, threading, time
import geo, words

answers = set()

class Unit:
    """Of the app's own main module."""
    def __float__(self):
        return 1.0

def load():
    held = threading.Lock()
    turn = 0
    while True:
        turn += 1
        row = array.array("d", range(turn % 50))
        geo.total(row)
        geo.scale(row, by=2.0)
        geo.twice(Unit())
        words.join("x", sep=str(turn))
        words.take(held)
        words.keep(geo.total)
        time.sleep(0.002)  # an app that does nothing else is no app

threading.Thread(target=load, daemon=True).start()
print("port", 0, flush=True)
threading.Event().wait()
'''

GEO = """\
#include <cowbird.h>

double total(const double *x, int n)
{{
    double sum = 0;
    for (int i = 0; i < n; i++) {{
        sum += {each};
    }}
    return sum;
}}

void scale(double *x, int n, double by)
{{
    for (int i = 0; i < n; i++) {{
        x[i] *= by;
    }}
}}

double twice(double x) {{ return 2 * x; }}
double idle(double x) {{ return x; }}
"""


@pytest.fixture
def project(tmp_path):
    if "COWBIRD_TCC" not in os.environ:
        pytest.skip("there is no libtcc")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "geo.c").write_text(GEO.format(each="x[i]"))
    (folder / "words.c").write_text(WORDS)
    return folder


class Bench:
    """`cowbird bench` in the project of a session."""

    def __init__(self, program, project):
        self.program = program
        self.project = project

    def start(self, *words):
        return subprocess.Popen(
            [self.program, "bench", *words, "--rounds=2"], cwd=self.project,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, **COMPILER})

    def run(self, *words):
        """(status, stdout, stderr)"""
        process = self.start(*words)
        out, err = process.communicate(timeout=2 * PATIENCE)
        return process.returncode, out, err

    def found(self, *words):
        """What it found, and its rows by name."""
        status, out, err = self.run(*words, "--json", f"--wait={PATIENCE}")
        assert status == 0, err
        found = json.loads(out)
        return found, {row["build"]: row for row in found["builds"]}


@pytest.fixture
def bench(program, project):
    return Bench(program, project)


@contextlib.contextmanager
def running(program, project, python):
    # one tier: which of two serves when it records would be chance
    with Live(program, project, python=python,
              env={**COMPILER, "COWBIRD_TIERS": "0"}) as live:
        live.port()
        live.meet()
        yield live


@pytest.fixture
def live(program, project, python):
    with running(program, project, python) as live:
        yield live


def test_an_app_under_load_gives_its_calls(program, project, any_python,
                                           bench):
    with running(program, project, any_python):
        found, rows = bench.found("geo.total", "--calls=7")
    assert list(rows) == ["gcc -O2", "tcc", "gcc -O3"]
    assert rows["gcc -O2"]["serves"]
    assert found["calls"] == 7 and found["notes"] == []
    for row in rows.values():
        assert row["agrees"] and row["median_ns"] > 0 and row["samples"] >= 7


def test_arguments_that_are_written_are_made_anew(live, bench):
    found, rows = bench.found("geo.scale")
    assert found["writes"] and found["calls"] == 20
    assert all(row["agrees"] for row in rows.values())


def test_a_raw_module_s_calls_by_name_are_timed(live, bench):
    found, rows = bench.found("words.join", "--calls=3")
    assert found["calls"] == 3 and not found["writes"]
    assert set(rows) == {"gcc -O2", "tcc", "gcc -O3"}


def test_arguments_may_come_from_other_native_modules(live, bench):
    found, rows = bench.found("words.keep", "--calls=2")
    assert found["calls"] == 2 and found["lost"] == 0
    assert all(row["agrees"] for row in rows.values())


def test_the_save_before_is_a_row(live, bench):
    live.save("geo.c", GEO.format(each="x[i] * 2"))
    live.event("swap", module="geo")
    found, rows = bench.found("geo.total", "--calls=5")
    assert rows["tcc"]["serves"]
    assert list(rows) == ["tcc", "gcc -O2", "gcc -O3",
                          "gcc -O2, previous save"]
    before = rows["gcc -O2, previous save"]
    assert not before["agrees"] and ": the result is " in before["difference"]
    assert rows["gcc -O2"]["agrees"] and rows["gcc -O3"]["agrees"]
    assert found["notes"][0] == ("the previous save was built by gcc -O2 -g, "
                                 "what serves by tcc")


def test_what_serves_is_compared_though_the_sources_have_changed(live, bench):
    live.save("geo.c", GEO.format(each="x[i] +"))
    live.event("error")
    status, out, err = bench.run("geo.total")
    assert status == 1 and "geo.c:7:" in err
    live.save("geo.c", GEO.format(each="x[i] * 3"))
    live.event("swap", module="geo")
    subprocess.run([live.program, "undo", "geo"], cwd=bench.project,
                   check=True, stderr=subprocess.DEVNULL)
    live.event("undo", module="geo")
    found, rows = bench.found("geo.total", "--calls=5")
    assert rows["gcc -O2, live"]["serves"]
    assert not rows["gcc -O2"]["agrees"]
    assert ("what is live was not built from the sources as they are now: "
            "'cowbird status' says why") in found["notes"]


def test_saves_while_it_records_are_swapped(live, bench):
    process = bench.start("geo.total", "--calls=400", "--json",
                          f"--wait={PATIENCE}")
    for factor in range(2, 6):
        live.save("geo.c", GEO.format(each=f"x[i] * {factor}"))
        live.event("swap", module="geo")
    out, err = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode == 0, err
    found = json.loads(out)
    assert len(found["builds"]) >= 3 and found["calls"] > 0
    assert len(live.status()["workers"]) == 1


def test_an_app_that_does_not_call_it_is_asked_to(live, bench):
    status, out, err = bench.run("geo.idle", "--wait=1")
    assert (status, out) == (1, "")
    assert "  calls   waiting for calls of geo.idle(): 0 of 20\n" in err
    assert err.endswith(
        "error: the app made no call of geo.idle() in 1 s\n"
        "  = help: ask the app for something that calls it (--wait has it "
        "wait longer), or give arguments by hand: --args \"(…)\"\n"), err


def test_arguments_that_cannot_be_kept_are_named(live, bench):
    status, out, err = bench.run("words.take", "--calls=2", "-q",
                                 f"--wait={PATIENCE}")
    assert (status, out) == (1, "")
    assert err.startswith("error: the arguments of 2 calls of words.take() "
                          "cannot be kept: argument 1 (_thread.lock): "
                          "TypeError: "), err


def test_arguments_of_the_app_s_main_module_are_named(live, bench):
    status, out, err = bench.run("geo.twice", "--calls=2", "-q",
                                 f"--wait={PATIENCE}")
    assert (status, out) == (1, "")
    assert err.startswith("error: the recorded arguments cannot be made again "
                          "outside the app: AttributeError: "), err
    assert "Unit" in err


def test_a_function_that_is_not_there_is_refused(live, bench):
    assert bench.run("geo.totl", "-q") == (1, "", """\
error: geo has no function 'totl'
  = help: it has: total, scale, twice, idle
""")


def test_arguments_by_hand_meet_the_session_s_builds(live, bench):
    found, rows = bench.found("geo.total", "--args", "(array('d', [1, 2]),)")
    assert rows["gcc -O2"]["serves"] and found["calls"] == 1


def test_without_a_session_arguments_are_needed(bench):
    status, out, err = bench.run("geo.total")
    assert (status, out) == (1, "")
    assert err == (f"error: no running session of {bench.project}\n"
                   "  = help: start one with: cowbird run APP.py "
                   "--compile-path=. --dev\n"
                   "  = help: or give arguments by hand: --args \"(…)\"\n")


def test_an_interrupted_bench_leaves_the_app_as_it_was(live, bench):
    process = bench.start("geo.idle", f"--wait={PATIENCE}")
    for line in process.stderr:
        if "waiting for calls" in line:
            break
    process.terminate()
    process.communicate(timeout=PATIENCE)
    # the next one is not told that another bench is recording
    found, _ = bench.found("geo.total", "--calls=2")
    assert found["calls"] == 2
