"""Two tiers: tcc's build goes live at once, the optimised one follows as the
same generation."""
import os
import shutil
import subprocess

import pytest

from live import APP, Live, source

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


@pytest.fixture
def project(tmp_path):
    if "COWBIRD_TCC" not in os.environ:
        pytest.skip("there is no libtcc")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    return folder


def start(program, python, project, **env):
    return Live(program, project, python=python, options=("-v",),
                env={"COWBIRD_TIERS": "1", **env})


def module(live):
    return live.status()["modules"][0]


def test_the_optimised_build_follows_as_the_same_generation(
        program, python, project):
    with start(program, python, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        for generation in (2, 3):
            live.save("scoring.c", source(generation))
            event = live.event("swap", module="scoring")
            assert event["generation"] == generation
            assert event["compiler"] == "tcc"
            live.said(f"scoring  gen {generation} by")
            told = module(live)
            assert told["generation"] == generation
            assert told["tier"] == "optimised"
            assert "-O2" in told["compiler"]
            assert live.get("/scoring/answer") == (200, str(generation))
        assert [e["event"] for e in live.seen].count("swap") == 2


def test_undo_after_it_goes_back_to_the_save_before(
        program, python, project):
    with start(program, python, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("scoring.c", source(2))
        live.said("scoring  gen 2 by")
        live.save("scoring.c", source(3))
        live.said("scoring  gen 3 by")
        subprocess.run([program, "undo", "scoring"], cwd=project, check=True,
                       stdin=subprocess.DEVNULL)
        assert live.get("/scoring/answer") == (200, "2")


def test_it_keeps_what_static_variables_hold(program, python, project):
    with start(program, python, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
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
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
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
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("scoring.c", big.replace("{}", "2"))
        first = live.event("swap", module="scoring")
        assert "-O2" in first["compiler"]
        live.said("scoring  without tcc from now on: tcc:")
        live.save("scoring.c", big.replace("{}", "3"))
        second = live.event("swap", module="scoring")
        assert second["compile_tcc_ms"] == 0
        assert live.get("/scoring/answer") == (200, "43")
