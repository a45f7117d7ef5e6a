"""Two tiers: tcc's build goes live at once, the optimised one follows as the
same generation."""
import contextlib
import os
import shutil
import subprocess
import threading
import time

import pytest

from live import APP, PATIENCE, Live, source

COUNTER = '''\
#include <Python.h>

static long count;

static PyObject *
answer(PyObject *self, PyObject *unused)
{{
    return PyLong_FromLong({value} + count++);
}}

static PyMethodDef methods[] = {{
    {{"answer", answer, METH_NOARGS, "the answer"}},
    {{NULL, NULL, 0, NULL}},
}};

static struct PyModuleDef definition = {{
    PyModuleDef_HEAD_INIT, "scoring", NULL, 0, methods, NULL,
    NULL, NULL, NULL}};

PyMODINIT_FUNC
PyInit_scoring(void)
{{
    return PyModuleDef_Init(&definition);
}}
'''

# Fails while the file beside it exists.
FAILING_CC = '''\
#!/bin/sh
case " $* " in *" -c "*)
    if [ -e "{folder}/fail" ]; then
        echo "scoring.c:3:1: error: not in this tier" >&2
        exit 1
    fi;;
esac
exec {cc} "$@"
'''


# A module with a variable, whose call tells that it has begun and ends when
# there is a file.
HOLDS = COUNTER.replace("    return PyLong_FromLong", """\
    Py_BEGIN_ALLOW_THREADS
    close(creat("{folder}/begun", 0600));
    while (access("{folder}/go", F_OK) < 0) {{
        usleep(10000); /* # a file tells nobody that it is there */
    }}
    Py_END_ALLOW_THREADS
    return PyLong_FromLong""").replace("#include <Python.h>", """\
#include <Python.h>
#include <fcntl.h>
#include <unistd.h>""")

# Waits while one file is beside it, and writes down in another that it ran.
HELD_CC = '''\
#!/bin/sh
case " $* " in *" -c "*)
    echo >>"{folder}/runs"
    while [ -e "{folder}/hold" ]; do sleep 0.02; done;;
esac
exec {cc} "$@"
'''


def held_cc(folder):
    held = folder / "held-cc"
    held.write_text(HELD_CC.format(folder=folder, cc=shutil.which("cc")))
    held.chmod(0o755)
    return str(held)


@pytest.fixture
def project(tmp_path):
    if "COWBIRD_TCC" not in os.environ:
        pytest.skip("there is no libtcc")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    return folder


@contextlib.contextmanager
def start(program, python, project, *options, path="/scoring/answer",
          answer="1", **env):
    """A session whose worker has answered once and said hello."""
    with Live(program, project, python=python, options=("-v", *options),
              env=env) as live:
        live.port()
        assert live.get(path) == (200, answer)
        live.meet()
        yield live


def await_file(path):
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"no {path}"
        time.sleep(0.005)  # a file tells nobody that it is there


def module(live):
    return live.status()["modules"][0]


def test_the_optimised_build_follows_as_the_same_generation(
        program, python, project):
    with start(program, python, project) as live:
        for generation in (2, 3):
            live.save("scoring.c", source(generation))
            event = live.event("swap", module="scoring")
            assert event["generation"] == generation
            assert event["compiler"] == "tcc"
            live.said(f"scoring  gen {generation} by")
            tier = live.event("tier", module="scoring")
            assert (tier["generation"], tier["tier"], tier["moved"]) == (
                generation, "optimised", 1)
            told = module(live)
            assert told["generation"] == generation
            assert told["tier"] == "optimised"
            assert "-O2" in told["compiler"]
            assert live.get("/scoring/answer") == (200, str(generation))
        assert [e["event"] for e in live.seen].count("swap") == 2


def test_undo_after_it_goes_back_to_the_save_before(
        program, python, project):
    with start(program, python, project) as live:
        live.save("scoring.c", source(2))
        live.said("scoring  gen 2 by")
        live.save("scoring.c", source(3))
        live.said("scoring  gen 3 by")
        subprocess.run([program, "undo", "scoring"], cwd=project, check=True,
                       stdin=subprocess.DEVNULL)
        assert live.get("/scoring/answer") == (200, "2")


def test_it_keeps_what_static_variables_hold(program, python, project):
    with start(program, python, project) as live:
        live.save("scoring.c", COUNTER.format(value=100))
        live.event("swap", module="scoring")
        live.said("scoring  gen 2 by")
        first = int(live.get("/scoring/answer")[1])
        live.save("scoring.c", COUNTER.format(value=200))
        live.event("swap", module="scoring")
        between = int(live.get("/scoring/answer")[1])
        live.said("scoring  gen 3 by")
        assert int(live.get("/scoring/answer")[1]) == between + 1
        assert between == first + 101


def test_an_optimised_build_that_fails_is_said_and_tccs_serves_on(
        program, python, project, tmp_path):
    failing = tmp_path / "failing-cc"
    failing.write_text(FAILING_CC.format(folder=tmp_path,
                                         cc=shutil.which("cc")))
    failing.chmod(0o755)
    with start(program, python, project, CC=str(failing)) as live:
        (tmp_path / "fail").touch()
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        live.said("the optimised build of gen 2 failed, tcc's serves on")
        live.said("not in this tier")
        assert live.get("/scoring/answer") == (200, "2")
        assert module(live)["tier"] == "fast"


def test_what_tcc_cannot_do_goes_without_it_from_then_on(
        program, python, project):
    big = source("(long)((__int128)40 + {})")
    with start(program, python, project) as live:
        live.save("scoring.c", big.replace("{}", "2"))
        first = live.event("swap", module="scoring")
        assert "-O2" in first["compiler"]
        live.said("scoring  without tcc from now on: tcc:")
        live.save("scoring.c", big.replace("{}", "3"))
        second = live.event("swap", module="scoring")
        assert second["compile_tcc_ms"] == 0
        assert live.get("/scoring/answer") == (200, "43")


def test_the_module_tells_its_tier_and_counts_saves_alone(
        program, python, project):
    (project / "about.py").write_text(
        "import scoring\n"
        "def stamp():\n"
        "    return [scoring.__cowbird__[k] for k in ('generation', 'tier')]")
    with start(program, python, project, "--py-reload=off",
               path="/about/stamp", answer="[1, 'optimised']") as live:
        for generation in (2, 3):
            live.save("scoring.c", source(generation))
            live.event("tier", generation=generation)
            assert live.get("/about/stamp") == (
                200, f"[{generation}, 'optimised']")
        worker, = live.status()["workers"]
        assert worker["modules"] == {"scoring": 3}


def test_a_burst_of_saves_does_not_start_the_optimised_build_of_each(
        program, python, project, tmp_path):
    with start(program, python, project, CC=held_cc(tmp_path)) as live:
        (tmp_path / "runs").unlink()
        for value in range(2, 12):
            live.save("scoring.c", source(value))
            assert live.event("swap")["compiler"] == "tcc"
        live.event("tier", generation=11)
        assert live.get("/scoring/answer") == (200, "11")
        assert len((tmp_path / "runs").read_text()) < 10


def test_a_call_in_flight_puts_the_tier_off_without_a_word(
        program, python, project, tmp_path):
    with start(program, python, project, CC=held_cc(tmp_path)) as live:
        (tmp_path / "hold").touch()
        live.save("scoring.c", HOLDS.format(value=7, folder=tmp_path))
        assert live.event("swap")["compiler"] == "tcc"
        answers = []
        call = threading.Thread(
            target=lambda: answers.append(live.get("/scoring/answer")))
        call.start()
        await_file(tmp_path / "begun")
        (tmp_path / "hold").unlink()
        live.said("scoring  put off: ")
        (tmp_path / "go").touch()
        call.join()
        assert answers == [(200, "7")]
        live.event("tier", generation=2)
        assert live.get("/scoring/answer") == (200, "8")
        assert not any("  waits  " in line for line in live.err)
        assert not any(e["event"] == "waits" for e in live.seen)


@pytest.mark.parametrize("option", ["--cc=tcc", "--cc=cc"])
def test_a_named_compiler_is_the_only_one(program, python, project, option):
    tier = "fast" if option == "--cc=tcc" else "optimised"
    with start(program, python, project, option) as live:
        for generation in (2, 3):
            live.save("scoring.c", source(generation))
            live.event("swap", generation=generation)
            assert module(live)["tier"] == tier
        assert not any(e["event"] == "tier" for e in live.seen)


def test_the_optimised_tier_is_as_the_configuration_has_it(
        program, python, project):
    (project / "pyproject.toml").write_text(
        "[tool.cowbird]\noptimise = '-O3 -march=native'\n")
    with start(program, python, project) as live:
        live.save("scoring.c", source(2))
        assert live.event("swap")["compiler"] == "tcc"
        tier = live.event("tier", generation=2)
        assert tier["compiler"].endswith(" -O3 -march=native -g")
        assert live.get("/scoring/answer") == (200, "2")
