"""Compilers that wait: a save finds one that has read Python.h, and none
outlives its session."""
import os
import pathlib
import shutil
import signal
import time

import pytest

from live import APP, PATIENCE, Live, source


@pytest.fixture
def project(tmp_path):
    if "COWBIRD_TCC" not in os.environ:
        pytest.skip("there is no libtcc")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    return folder


def children(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def compilers(live):
    """The children that still are the program itself."""
    own = os.readlink(f"/proc/{live.pid}/exe")
    found = []
    for pid in children(live.pid):
        try:
            if os.readlink(f"/proc/{pid}/exe") == own:
                found.append(pid)
        except OSError:
            pass
    return found


def await_that(claim):
    end = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < end
        time.sleep(0.01)  # /proc tells nobody of an end


def save_until_warm(live, first):
    """Saves new values until one was compiled warm; that value."""
    for value in range(first, first + 50):
        live.save("scoring.c", source(value))
        event = live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, str(value))
        if event["compile"] == "warm":
            assert event["compiler"] == "tcc"
            return value
    raise AssertionError(live.words())


def test_a_save_finds_a_warm_compiler(program, project, any_python):
    with Live(program, project, python=any_python,
              options=("-v",)) as live:
        live.port()
        live.get("/scoring/answer")
        save_until_warm(live, 2)
        live.said("(warm)")


def test_a_warm_compiler_that_is_killed_costs_nothing(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        value = save_until_warm(live, 2)
        for pid in compilers(live):
            os.kill(pid, signal.SIGKILL)
        live.save("scoring.c", source(value + 1))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, str(value + 1))
        save_until_warm(live, value + 2)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_compiler_outlives_its_session(program, project, number):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        save_until_warm(live, 2)
        left = compilers(live)
        app = [pid for pid in children(live.pid) if pid not in left]
        assert left
        live.end(number)
        await_that(lambda: not any(os.path.exists(f"/proc/{pid}")
                                   for pid in left))
        for pid in app if number == signal.SIGKILL else []:
            await_that(lambda pid=pid: not os.path.exists(f"/proc/{pid}"))


@pytest.mark.skipif(shutil.which("clang") is None, reason="no clang here")
def test_a_compiler_that_is_replaced_serves_the_next_save(program, project,
                                                          tmp_path):
    cc = tmp_path / "mycc"
    cc.symlink_to(shutil.which("gcc"))
    (project / "scoring.c").write_text(source("IS_CLANG + 1").replace(
        "#include <Python.h>", """\
#include <Python.h>
#ifdef __clang__
#define IS_CLANG 100
#else
#define IS_CLANG 0
#endif"""))
    text = (project / "scoring.c").read_text()
    with Live(program, project, options=(f"--cc={cc}",)) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        for value in range(2, 50):
            live.save("scoring.c", text.replace("+ 1", f"+ {value}"))
            if live.event("swap")["compile"] == "warm":
                break
        other = tmp_path / "other"
        other.symlink_to(shutil.which("clang"))
        other.replace(cc)
        live.save("scoring.c", text.replace("+ 1", "+ 51"))
        live.event("swap")
        assert live.get("/scoring/answer") == (200, "151")
        live.meet()
        live.save("scoring.c", text.replace("+ 1", "+ 52"))
        live.event("swap")
        assert live.get("/scoring/answer") == (200, "152")


def test_a_cxx_compiler_that_is_replaced_serves_the_next_save(
        program, project, tmp_path):
    cxx = tmp_path / "mycxx"
    cxx.symlink_to(shutil.which("g++"))
    (project / "scoring.c").unlink()
    text = "#ifndef REPLACED\n#define REPLACED 0\n#endif\n" + source(
        "REPLACED + 1")
    (project / "scoring.cpp").write_text(text)
    with Live(program, project, env=dict(os.environ, CXX=str(cxx))) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        other = tmp_path / "other"
        other.write_text("#!/bin/sh\nexec g++ -DREPLACED=100 \"$@\"\n")
        other.chmod(0o755)
        other.replace(cxx)
        live.save("scoring.cpp", text.replace("+ 1", "+ 2"))
        live.event("swap")
        assert live.get("/scoring/answer") == (200, "102")


@pytest.mark.skipif(shutil.which("clang++") is None, reason="no clang++ here")
@pytest.mark.parametrize("cc, cxx", [("gcc", "clang++"), ("clang", "g++")])
def test_c_and_cxx_compilers_may_be_of_different_kinds(program, project, cc,
                                                       cxx):
    (project / "scoring.c").unlink()
    (project / "scoring.cpp").write_text(source(1))
    with Live(program, project,
              env=dict(os.environ, CC=cc, CXX=cxx)) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("scoring.cpp", source(2))
        live.event("swap")
        assert live.get("/scoring/answer") == (200, "2")


def test_a_run_without_dev_has_none(program, project):
    (project / "app.py").write_text("import scoring; print('up', flush=True); "
                                    "input()")
    with Live(program, project, dev=False) as live:
        live.line("up")
        assert children(live.pid) == []
