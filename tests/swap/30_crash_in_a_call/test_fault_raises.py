"""CB_FAULTS: a fault in a call without the GIL is an exception, and the app
goes on; whatever is not sure to leave it whole is a crash as ever."""
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from live import APP, PATIENCE, Live

HERE = pathlib.Path(__file__).parent
SOURCE = (HERE / "faulting.c").read_text()
KEEP = (HERE / "faulted.py").read_text()


def line_of(mark):
    """Where faulting.c says so."""
    return 1 + next(i for i, line in enumerate(SOURCE.splitlines())
                    if f"/* {mark} */" in line)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "faulted.py").write_text(KEEP)
    (folder / "faulting.c").write_text(SOURCE)
    return folder


def goes_on(live):
    assert live.get("/faulting/works") == (200, "1")
    assert "crashed" not in [e["event"] for e in live.seen]
    assert "crashed" not in live.words()


WAYS = {"null": "SIGSEGV", "libc": "SIGSEGV", "jump": "SIGSEGV",
        "zero": "SIGFPE", "trap": "SIGILL", "bus": "SIGBUS"}


def check_ways(live, generation):
    place = str(live.folder / "faulting.c")
    for way, name in WAYS.items():
        assert live.get(f"/faulted/{way}") == (
            200, str((name, way, place, line_of(way), generation))), way


def test_a_fault_is_an_exception_with_its_place(program, project, any_python):
    with Live(program, project, python=any_python) as live:
        live.port()
        check_ways(live, 1)
        live.meet()
        live.save("faulting.c", SOURCE + "/* by tcc, where it is */\n")
        live.event("swap", module="faulting")
        check_ways(live, 2)
        status, said = live.get("/faulting/null")
        assert status == 500
        assert said == (
            f"NativeFault: SIGSEGV in null() at {project}/faulting.c:"
            f"{line_of('null')}, address 0x10, gen 2")
        assert live.get("/faulted/kind") == (
            200, "('faulting', 'NativeFault', 'RuntimeError')")
        assert live.get("/faulted/unpickled") == (200, "True")
        goes_on(live)


def test_its_generation_is_the_one_that_the_terminal_tells(program, project,
                                                           python, tcc):
    """A change of tier is another image and no generation."""
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/faulting/works") == (200, "1")
        live.meet()
        live.save("faulting.c", SOURCE + "/* once */\n")
        live.event("tier", module="faulting", generation=2)
        check_ways(live, 2)
        live.save("faulting.c", SOURCE + "/* twice */\n")
        live.event("swap", module="faulting", generation=3)
        check_ways(live, 3)


def test_what_python_gave_the_call_is_given_back(program, project,
                                                 any_python):
    """Buffers can be resized, handles closed, and what the function has begun
    to give is not freed."""
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/faulted/given_back") == (200, "[3, True, None]")
        assert live.get("/faulted/half_a_result") == (200, "NativeFault")
        assert live.get("/faulted/raised_before") == (200, "NativeFault")
        assert live.get("/faulted/awaited") == (200, "NativeFault")
        goes_on(live)


@pytest.mark.parametrize("thread", ["main", "other"])
def test_a_full_stack_is_an_exception_in_every_thread(program, project,
                                                      any_python, thread):
    if thread == "main":
        (project / "app.py").write_text(
            APP.replace("ThreadingHTTPServer", "HTTPServer"))
    with Live(program, project, python=any_python) as live:
        live.port()
        for _ in range(3):
            assert live.get("/faulted/deep") == (
                200, "SIGSEGV (stack full) in fall()")
        goes_on(live)


def test_other_threads_serve_meanwhile_and_a_thousand_faults_leave_nothing(
        program, project, any_python):
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/faulted/thousand") == (200, "[]")
        goes_on(live)


def test_saves_go_live_between_faults_and_old_code_goes(program, project):
    """The module has a variable, so a save waits for its calls: one that
    faulted is over. What a fault has left keeps no old image."""
    with Live(program, project) as live:
        live.port()
        live.get("/faulting/works")
        live.meet()
        for value in (2, 3, 4):
            assert live.get("/faulting/null")[0] == 500
            assert live.get("/faulted/deep")[0] == 200
            live.save("faulting.c", SOURCE.replace("return 1;",
                                                   f"return {value};"))
            event = live.event("swap", module="faulting")
            assert live.get("/faulting/works") == (200, str(value))
            status, said = live.get("/faulting/null")
            assert said.endswith(f", gen {event['generation']}")
        await_unloaded(live, 3)


def await_unloaded(live, count):
    end = time.monotonic() + PATIENCE
    worker = None
    while worker is None or worker["unloaded"] < count:
        assert time.monotonic() < end, f"{worker}\n{live.words()}"
        # lays frames over those of calls that are over
        assert live.get("/faulting/null")[0] == 500
        worker, = live.status()["workers"]


@pytest.mark.parametrize("way", ["aborted", "held", "sorted_by",
                                 "deep_in_libc", "own_thread", "sent"])
def test_what_may_not_land_is_a_crash(program, project, any_python, way):
    """abort(); a call with the GIL; a comparison that a library called; a
    fault deep in a library; a thread of the function's own; a signal that is
    only sent."""
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/faulting/works") == (200, "1")
        with pytest.raises(OSError):
            live.get(f"/faulting/{way}")
        if way == "sent":
            assert live.event("crashed")["signal"] == "SIGSEGV"
            return
        event = live.event("crashed", module="faulting")
        assert event["generation"] == 1
        if way != "deep_in_libc":
            assert event["function"] == {
                "sorted_by": "by_nothing", "own_thread": "run"}.get(way, way)


def test_a_fault_of_pythons_own_code_is_a_crash(program, project):
    """Between two calls that might have landed."""
    with Live(program, project) as live:
        live.port()
        assert live.get("/faulting/null")[0] == 500
        with pytest.raises(OSError):
            live.get("/faulted/pythons_own")
        assert live.wait() == -signal.SIGSEGV
        assert "crashed" not in live.words()


@pytest.mark.parametrize("when", ["before", "after"])
def test_faulthandler_is_kept(program, project, any_python, when):
    """Enabled after the first import it comes first, prints and passes the
    signal on, once. What does not land is its own as well."""
    enable = "import faulthandler; faulthandler.enable()\n"
    (project / "app.py").write_text(
        enable + APP if when == "before"
        else "import faulting\n" + enable + APP)
    with Live(program, project, python=any_python) as live:
        live.port()
        for _ in range(3):
            status, said = live.get("/faulting/null")
            assert status == 500
            assert "NativeFault: SIGSEGV in null() at" in said
        if when == "after":
            live.said("Fatal Python error: Segmentation fault")
        else:
            assert "Fatal Python error" not in live.words()
        assert live.get("/faulting/works") == (200, "1")
        with pytest.raises(OSError):
            live.get("/faulting/aborted")
        assert live.event("crashed", module="faulting")["signal"] == "SIGABRT"
        live.said("Fatal Python error: Aborted")


def test_the_binding_has_no_warning_of_gccs(program, project, python):
    """Which sees variables that a jump might clobber, and none is read."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    (project / "pyproject.toml").write_text(
        '[tool.cowbird.modules.faulting]\nsources = ["faulting.c"]\n'
        'cflags = ["-Wextra", "-Wno-array-bounds"]\n')
    done = subprocess.run(
        [program, "build", f"--python={python}", "--cc=gcc"], cwd=project,
        text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "clobbered" not in done.stderr


def test_without_dev_a_fault_is_a_fault(program, project, any_python):
    (project / "app.py").write_text("import faulting\n"
                                    "print(faulting.works(), flush=True)\n"
                                    "faulting.null()\n")
    with Live(program, project, dev=False, python=any_python) as live:
        live.line("1")
        assert live.wait() == -signal.SIGSEGV

