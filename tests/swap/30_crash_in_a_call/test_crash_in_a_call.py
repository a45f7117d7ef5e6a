"""Code that crashes in a call: said with its place, gone back from, and not
loaded again until its source changes."""
import os
import signal
import subprocess

import pytest

from live import APP, Live, source

HEAD = """\
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
"""

# What answer() does instead of answering; the place where it dies.
WAYS = {
    "null": ("*(volatile int *)16 = 1;", "SIGSEGV"),
    "libc": ("memset((void *)16, 1, 100000 + (size_t)self % 2);", "SIGSEGV"),
    "abort": ("abort();", "SIGABRT"),
    "zero": ("volatile int zero = 0; zero = 1 / zero;", "SIGFPE"),
    "jump": ("((void (*volatile)(void))0)();", "SIGSEGV"),
}


def crashing(body, head=HEAD):
    text = head + source(0).replace(
        "    return PyLong", "    " + body + "\n    return PyLong")
    line = text.splitlines().index("    " + body) + 1
    return text, line


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "scoring.c").write_text(source(1))
    return tmp_path


def crash(live, path="/scoring/answer"):
    """Asks for what kills who answers."""
    with pytest.raises((ConnectionError, OSError)):
        live.get(path)


def third(live):
    """Generations 1 and 2 have answered."""
    live.port()
    assert live.get("/scoring/answer") == (200, "1")
    live.meet()
    live.save("scoring.c", source(2))
    live.event("swap", module="scoring", generation=2)


@pytest.mark.parametrize("way", WAYS)
def test_the_place_is_named_and_the_last_good_code_serves(program, project,
                                                          way):
    body, name = WAYS[way]
    text, line = crashing(body)
    with Live(program, project) as live:
        third(live)
        live.save("scoring.c", text)
        live.event("swap", module="scoring", generation=3)
        crash(live)
        event = live.event("crashed", module="scoring")
        assert (event["signal"], event["function"], event["generation"]) == (
            name, "answer", 3), event
        assert event["file"] == str(project / "scoring.c")
        assert event["line"] == line
        live.said(f"{name} in answer() at scoring.c:{line}, gen 3, worker "
                  f"{event['pid']}")
        live.said("gen 3 is not loaded again until its source changes")
        assert live.event("undo", module="scoring")["generation"] == 4
        assert live.event("restart")["why"] == "crashed"
        live.port()
        assert live.get("/scoring/answer") == (200, "2")


def test_every_python_tells(program, project, any_python):
    text, line = crashing("*(volatile int *)16 = 1;")
    with Live(program, project, python=any_python) as live:
        third(live)
        live.save("scoring.c", text)
        live.event("swap", module="scoring")
        crash(live)
        assert live.event("crashed", module="scoring")["line"] == line
        live.event("restart")
        live.port()
        assert live.get("/scoring/answer") == (200, "2")


def test_what_crashed_comes_back_only_changed(program, project):
    text, _ = crashing("abort();")
    with Live(program, project) as live:
        third(live)
        live.save("scoring.c", text)
        live.event("swap", module="scoring")
        crash(live)
        live.event("restart")
        live.port()
        live.save("scoring.c", text)
        event = live.event("refused", module="scoring")
        assert "gen 3 crashed: SIGABRT in answer()" in event["reason"]
        live.said("gen 4 still serves")
        assert live.get("/scoring/answer") == (200, "2")
        live.save("scoring.c", source(5))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "5")
        live.save("scoring.c", source(5))
        live.event("same", module="scoring")
        live.save("scoring.c", text)
        live.event("refused", module="scoring")
        assert live.get("/scoring/answer") == (200, "5")


def test_undo_does_not_bring_back_what_crashed(program, project):
    text, _ = crashing("abort();")
    with Live(program, project) as live:
        third(live)
        live.save("scoring.c", text)
        live.event("swap", module="scoring")
        crash(live)
        live.event("restart")
        done = subprocess.run([program, "undo", "scoring"], cwd=project,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        live.port()
        assert live.get("/scoring/answer") == (200, "1")


def test_status_says_what_crashed(program, project):
    text, _ = crashing("abort();")
    with Live(program, project) as live:
        third(live)
        live.save("scoring.c", text)
        live.event("swap", module="scoring")
        crash(live)
        live.event("restart")
        done = subprocess.run([program, "status"], cwd=project, text=True,
                              capture_output=True, timeout=60)
        assert "gen 3 crashed: SIGABRT in answer()" in done.stdout


def test_several_bad_generations_lead_back_to_the_last_good(program, project):
    with Live(program, project) as live:
        third(live)
        for body in ("abort();", "abort(); abort();"):
            text, _ = crashing(f"if (getenv(\"BAD\") == NULL) {{ {body} }}")
            live.save("scoring.c", text)
            live.event("swap", module="scoring")
        for _ in range(2):
            crash(live)
            live.event("crashed", module="scoring")
            live.event("restart")
            live.port()
        assert live.get("/scoring/answer") == (200, "2")


def test_a_crash_in_the_first_generation_is_an_import_error(program, project):
    text, line = crashing("abort();")
    (project / "scoring.c").write_text(text)
    with Live(program, project) as live:
        live.port()
        crash(live)
        assert live.event("crashed", module="scoring")["line"] == line
        live.event("refused", module="scoring")
        live.said("nothing serves: importing scoring raises ImportError")
        live.event("restart")
        live.port()
        status, body = live.get("/scoring/answer")
        assert status == 500 and "ImportError" in body
        assert "gen 1 crashed: SIGABRT in answer()" in body
        live.save("scoring.c", text)
        live.event("refused", module="scoring")
        assert live.get("/scoring/answer")[0] == 500
        live.save("scoring.c", source(2))
        live.event("built", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")


@pytest.mark.parametrize("thread", ["main", "other"])
def test_a_full_stack_is_told_from_another(program, project, any_python,
                                           thread):
    """Each thread has a second one from its first call on."""
    if thread == "main":
        (project / "app.py").write_text(
            APP.replace("ThreadingHTTPServer", "HTTPServer"))
    text = HEAD + ("static volatile int deep;\n"
                   "static int fall(int n)\n{\n"
                   "    volatile char room[4096];\n    room[0] = (char)n;\n"
                   "    return fall(n + 1) + room[0] + deep;\n}\n") \
        + source("fall(1)")
    with Live(program, project, python=any_python) as live:
        third(live)
        live.save("scoring.c", text)
        live.event("swap", module="scoring")
        crash(live)
        event = live.event("crashed", module="scoring")
        assert event["function"] == "fall"
        live.said("SIGSEGV (stack full) in fall() at scoring.c:")
        live.event("restart")
        live.port()
        assert live.get("/scoring/answer") == (200, "2")


NOBODYS = APP.replace(
    'if module == "pid"', 'if module == "ours":\n'
    '                __import__("ctypes").string_at(0)\n'
    '            elif module == "pid"')


def test_a_crash_of_somebody_elses_is_not_blamed(program, project):
    (project / "app.py").write_text(NOBODYS)
    with Live(program, project) as live:
        third(live)
        crash(live, "/ours/")
        assert live.wait() == -signal.SIGSEGV
        assert "crashed" not in [e["event"] for e in live.seen]
        assert "crashed" not in live.words()


def test_a_signal_from_outside_is_not_blamed(program, project):
    with Live(program, project) as live:
        third(live)
        os.kill(int(live.get("/pid/")[1]), signal.SIGSEGV)
        assert live.wait() == -signal.SIGSEGV
        assert "crashed" not in live.words()


@pytest.mark.parametrize("when", ["before", "after"])
def test_faulthandler_still_prints(program, project, when):
    enable = "import faulthandler; faulthandler.enable()\n"
    text, line = crashing("*(volatile int *)16 = 1;")
    (project / "app.py").write_text(
        enable + APP if when == "before"
        else "import scoring\n" + enable + APP)
    with Live(program, project) as live:
        third(live)
        live.save("scoring.c", text)
        live.event("swap", module="scoring")
        crash(live)
        assert live.event("crashed", module="scoring")["line"] == line
        live.said("Fatal Python error: Segmentation fault")
        live.event("restart")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_handler_of_the_apps_is_kept(program, project, when):
    """It ends the app in its own way, and that is the app's status."""
    handler = ("import signal, os\n"
               "signal.signal(signal.SIGABRT, lambda *_: os._exit(41))\n")
    (project / "app.py").write_text(
        (handler if when == "before" else "")
        + "import scoring\n" + (handler if when == "after" else "")
        + "os.kill(os.getpid(), signal.SIGABRT)\n"
        + "while True: pass\n")
    with Live(program, project) as live:
        assert live.wait() == 41


NOGIL = """\
#include <cowbird.h>
#include <stdlib.h>

CB_NOGIL int
answer(void)
{{
    {body}
    return {value};
}}
"""


def test_a_crash_without_the_gil_is_told_too(program, project):
    (project / "scoring.c").write_text(NOGIL.format(body="", value=1))
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.save("scoring.c", NOGIL.format(body="abort();", value=2))
        live.event("swap", module="scoring")
        crash(live)
        event = live.event("crashed", module="scoring")
        assert (event["function"], event["line"]) == ("answer", 7)
        live.event("restart")
        live.port()
        assert live.get("/scoring/answer") == (200, "1")


def test_an_app_that_cannot_import_what_crashed_waits_for_a_save(program,
                                                                 project):
    text, _ = crashing("abort();")
    (project / "scoring.c").write_text(text)
    (project / "app.py").write_text("import scoring\n" + APP)
    with Live(program, project) as live:
        live.port()
        crash(live)
        live.event("crashed", module="scoring")
        live.event("restart")
        assert live.event("exit")["status"] == 1
        live.said("waiting for the next save")
        live.save("scoring.c", source(2))
        live.event("restart")
        live.port()
        assert live.get("/scoring/answer") == (200, "2")


def test_a_module_that_cannot_be_swapped_is_told_too(program, project):
    text, line = crashing("abort();")
    (project / "scoring.c").write_text(text.replace("PyModuleDef_Init(",
                                                    "PyModule_Create("))
    with Live(program, project) as live:
        live.port()
        crash(live)
        event = live.event("crashed", module="scoring")
        assert (event["function"], event["line"]) == ("answer", line)


def test_an_init_that_crashes_only_in_the_app_is_gone_back_from(program,
                                                                project):
    (project / "app.py").write_text(
        "import os; os.environ['AN_APP'] = '1'\n" + APP)
    head = HEAD + "static void die(void) { abort(); }\n"
    with Live(program, project) as live:
        third(live)
        live.save("scoring.c", head + source(3).replace(
            "    return PyModuleDef_Init",
            '    if (getenv("AN_APP") != NULL) { die(); }\n'
            "    return PyModuleDef_Init"))
        event = live.event("crashed", module="scoring")
        assert (event["function"], event["generation"]) == ("die", 3)
        live.event("restart")
        live.port()
        assert live.get("/scoring/answer") == (200, "2")
