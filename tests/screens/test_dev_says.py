"""What a session says from its start to its end, as its terminal shows it."""
import json
import re
import time

import pytest

from live import APP, PATIENCE, Live, source
from screen import normal


@pytest.fixture
def session(project, python):
    """Starts sessions in a project with one app and one module."""
    project.write("app.py", APP)
    project.write("scoring.c", source(1))
    running = []

    def start(*words, options=(), dev=True, env=(), compile_path="."):
        live = Live(project.program, project.folder, *words, dev=dev,
                    options=options, python=python,
                    compile_path=compile_path,
                    env={"LC_ALL": "C.UTF-8", "TERM": "dumb", **dict(env)})
        running.append(live)
        return live

    yield start
    for live in running:
        live.__exit__()


def hears(live, pattern):
    """Waits until stderr, normalised, has a whole block like `pattern`."""
    end = time.monotonic() + PATIENCE
    wanted = re.compile("^" + pattern, re.MULTILINE)
    while True:
        said = normal(live.folder, "".join(live.err))
        found = wanted.search(said)
        if found:
            return found
        assert live.process.poll() is None and time.monotonic() < end, \
            "never said %s\nbut\n%s" % (pattern, said)
        time.sleep(0.02)  # between looks at what a thread collects


def started(session, **options):
    live = session(**options)
    live.port()
    assert live.get("/scoring/answer") == (200, "1")
    return live


@pytest.mark.parametrize("before", ["", "[tool.cowbird]\nstubs = true\n"])
def test_settings_saved_in_a_session_are_said_to_be_for_the_next(
        session, project, before):
    if before:
        project.write("pyproject.toml", before)
    live = started(session)
    project.write("pyproject.toml", before + "[other]\n")
    project.write("pyproject.toml", before + "[other]\n"
                  "[tool.cowbird.modules.scoring]\nstd = \"c11\"\n")
    hears(live, r"warning: pyproject\.toml: what \[tool\.cowbird\] says now "
                r"counts from the next session: end this one and start it "
                r"again\n")
    project.write("scoring.c", source(2))
    live.event("swap", module="scoring")
    assert "".join(live.err).count("counts from the next session") == 1


def test_settings_that_are_being_written_are_awaited(session, project):
    before = "[tool.cowbird]\nstubs = true\n"
    project.write("pyproject.toml", before)
    live = started(session)
    project.write("pyproject.toml")  # as an editor that writes in place does
    project.write("scoring.c", source(2))
    live.event("swap", module="scoring")
    project.write("pyproject.toml", before + "[other]\n")
    project.write("scoring.c", source(3))
    live.event("swap", module="scoring")
    assert "counts from the next session" not in "".join(live.err)


def test_the_start_says_python_readiness_and_what_is_watched(session):
    live = started(session)
    hears(live, r"  python  CPython VERSION \(--python\)\n"
                r"(  guest   compiling for CPython VERSION once .*\n)?"
                r"  built   scoring +\S.*\n"
                r"  create  compile_commands\.json .*\n"
                r"  cowbird VERSION  ready in TIME\n"
                r"  watch   \. \(1 source\)       compiler \w.*\n"
                r"  reload  Python changes restart the app\n")


def test_it_is_said_that_the_guest_is_compiled(session, tmp_path):
    live = session(env={"COWBIRD_CACHE_DIR": str(tmp_path / "cache"),
                        "COWBIRD_GUEST_CFLAGS": "-O0"})
    hears(live, r"  guest   compiling for CPython VERSION once "
                r"\(\d+ files\)\n")


def test_a_swap_is_one_line(session):
    live = started(session)
    live.save("scoring.c", source(2))
    hears(live, r"HH:MM:SS  swap     scoring  answer\(\)    TIME  1/1 workers"
                r"  gen 2\n")


def test_a_save_without_a_change_is_counted(session):
    live = started(session)
    for _ in range(2):
        live.save("scoring.c", source(1))
        live.event("same", module="scoring")
    hears(live, r"HH:MM:SS  same     scoring  no change in content\n"
                r"HH:MM:SS  same     scoring  no change in content \(x2\)\n")


def test_what_was_warned_of_is_not_said_again_when_a_source_comes(session,
                                                                  project):
    project.write("wrong.c", "void *PyInit_other(void) { return 0; }\n")
    live = started(session)
    live.save("hook.c", "void *PyModExport_hooked(void) { return 0; }\n")
    hears(live, r"warning: hook\.c makes no module: its init function is "
                r"PyModExport_hooked, and ")
    live.save("third.c", source(3).replace("scoring", "third"))
    live.event("built", module="third")
    said = "".join(live.err)
    assert said.count("wrong.c makes no module") == 1
    assert said.count("hook.c makes no module") == 1


def test_an_error_shows_its_place_and_what_serves(session):
    live = started(session)
    live.save("scoring.c", source("PyLong_Type.tp_nmae"))
    hears(live, r"HH:MM:SS  error    scoring  1 error, not swapped\n"
                r"scoring\.c:6:(\d+: )?.*error: .*tp_nmae.*\n"
                r"    6 \|     return PyLong_FromLong\(PyLong_Type\.tp_nmae\);"
                r"\n(      \| +\^~*\n)?(      \| +tp_name\n)?"
                r"(      = help: .*\n)?"
                r"gen 1 still serves\n")


def test_a_first_generation_that_is_broken_serves_nothing(session, project):
    project.write("scoring.c", source("nonsense"))
    live = session()
    hears(live, r"HH:MM:SS  error    scoring  1 error\n"
                r"scoring\.c:6:.*nonsense.*\n(.*\n)+?"
                r"importing scoring raises ImportError\n")


def test_an_init_that_fails_says_its_reason(session):
    live = started(session)
    live.save("scoring.c", source(2).replace(
        "    return PyModuleDef_Init",
        "    PyErr_SetString(PyExc_ValueError, \"no licence\");\n"
        "    return NULL;\n    return PyModuleDef_Init"))
    hears(live, r"HH:MM:SS  error    scoring  init of scoring\.c raised "
                r"ValueError: no licence, not swapped\n"
                r"gen 1 still serves\n")


def test_an_init_that_crashes_says_where_it_was_tried(session):
    live = started(session)
    live.save("scoring.c", source(2).replace(
        "    return PyModuleDef_Init",
        "    __builtin_trap();\n    return PyModuleDef_Init"))
    hears(live, r"HH:MM:SS  error    scoring  SIG\w+ in PyInit_scoring at "
                r"scoring\.c:\d+, not swapped\n"
                r"gen 1 still serves\n")


def test_a_crash_names_its_place_and_what_serves_again(session):
    live = started(session)
    live.save("scoring.c", source(2).replace(
        "    return PyLong", "    __builtin_trap();\n    return PyLong"))
    live.event("swap", module="scoring")
    with pytest.raises(OSError):
        live.get("/scoring/answer")
    hears(live, r"HH:MM:SS  crashed  scoring  SIG\w+ in answer\(\) at "
                r"scoring\.c:6, gen 2, worker \d+\n"
                r"      = note: gen 2 is not loaded again until its source "
                r"changes\n"
                r"HH:MM:SS  undo     scoring  .*gen 3, gen 1's code\n"
                r"HH:MM:SS  restart  app\.py   crashed, started again in "
                r"TIME\n")
    live.save("scoring.c", source(2).replace(
        "    return PyLong", "    __builtin_trap();\n    return PyLong"))
    hears(live, r"HH:MM:SS  refused  scoring  gen 2 crashed: SIG\w+ in "
                r"answer\(\) at scoring\.c:6; not loaded again until its "
                r"source changes\n"
                r"gen 3 still serves\n")


def test_a_crash_of_the_first_code_says_that_nothing_serves(session,
                                                            project):
    project.write("scoring.c", source(1).replace(
        "    return PyLong", "    __builtin_trap();\n    return PyLong"))
    live = session()
    live.port()
    with pytest.raises(OSError):
        live.get("/scoring/answer")
    hears(live, r"HH:MM:SS  crashed  scoring  SIG\w+ in answer\(\) at .*\n"
                r".*\n"
                r"HH:MM:SS  refused  scoring  gen 1 is not loaded again, and "
                r"there is none before it\n"
                r"nothing serves: importing scoring raises ImportError\n"
                r"HH:MM:SS  restart  app\.py   crashed, started again in "
                r"TIME\n")


TYPE = """\
#include <Python.h>

typedef struct {
    PyObject_HEAD
    double x;%s
} Point;

static PyType_Slot slots[] = {{Py_tp_doc, "A point."}, {0, NULL}};
static PyType_Spec spec = {
    "scoring.Point", sizeof(Point), 0, Py_TPFLAGS_DEFAULT, slots,
};

static PyObject *
answer(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(1);
}

static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int
fill(PyObject *m)
{
    PyObject *type = PyType_FromModuleAndSpec(m, &spec, NULL);
    PyObject *one = type == NULL ? NULL : PyObject_CallObject(type, NULL);
    if (one == NULL || PyModule_AddObject(m, "one", one) < 0) {
        return -1;
    }
    return PyModule_AddObject(m, "Point", type);
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, fill}, {0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "scoring", NULL, 0, methods, module_slots,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_scoring(void)
{
    return PyModuleDef_Init(&module);
}
"""


def test_a_refusal_says_why_and_what_to_do(session, project):
    project.write("scoring.c", TYPE % "")
    live = started(session)
    live.save("scoring.c", TYPE % "\n    double z;")
    hears(live, r"HH:MM:SS  refused  scoring  objects of scoring\.Point would "
                r"go from 24 to 32 bytes under 1 live object: .*\n"
                r"(      = \w+: .*\n)+"
                r"gen 1 still serves\n")


def test_what_a_header_breaks_is_shown_once(session, project):
    project.write("shared.h", "#define VALUE 5\n")
    for name in ("geo", "scoring"):
        project.write(name + ".c", '#include "shared.h"\n'
                      + source("VALUE", name=name))
    live = session()
    live.port()
    live.save("shared.h", "#define VALUE 5\nint broken = nonsense;\n")
    hears(live, r"HH:MM:SS  error    geo      1 error, not swapped\n"
                r"shared\.h:2:14: error: .*'nonsense'.*\n"
                r"(.*\n)+gen 1 still serves\n"
                r"HH:MM:SS  error    scoring  1 error, not swapped\n"
                r"      = note: the error is shown above\n"
                r"gen 1 still serves\n")
    for name in ("geo", "scoring"):
        [found] = live.event("error", module=name)["diagnostics"][:1]
        assert (found["line"], found["severity"]) == (2, "error")


def test_who_is_held_back_by_a_refusal_is_named_too(session, project):
    project.write("shared.h", "#define MORE\n#define VALUE 5\n")
    project.write("scoring.c", '#include "shared.h"\n' + TYPE % " MORE")
    project.write("geo.c", '#include "shared.h"\n'
                  + source("VALUE", name="geo"))
    live = started(session)
    assert live.get("/geo/answer") == (200, "5")
    live.save("shared.h", "#define MORE double z;\n#define VALUE 6\n")
    hears(live, r"HH:MM:SS  refused  geo      held back, as scoring is refused"
                r"\ngen 1 still serves\n"
                r"HH:MM:SS  refused  scoring  objects of scoring\.Point would .*"
                r"\n(      = \w+: .*\n)+gen 1 still serves\n")


def test_a_module_that_comes_and_goes_is_named(session, project):
    live = started(session)
    live.save("geo.c", source(5, name="geo"))
    hears(live, r"HH:MM:SS  added    geo      a new native module\n"
                r"(.*\n)*?HH:MM:SS  built    geo      +TIME  not imported yet"
                r"  gen 1\n")
    (project.folder / "geo.c").unlink()
    hears(live, r"HH:MM:SS  removed  geo      its source is gone; what is "
                r"live serves on\n")


def test_python_changed_restarts_the_app_in_one_line(session):
    live = started(session)
    live.save("app.py", APP + "# changed\n")
    hears(live, r"HH:MM:SS  restart  app\.py   Python changed, started again "
                r"in TIME\n")


def test_an_app_that_falls_on_broken_code_waits(session, project):
    project.write("scoring.c", source("nonsense"))
    project.write("app.py", "import scoring\n" + APP)
    live = session()
    hears(live, r"HH:MM:SS  exit     app\.py   ended with status 1; waiting "
                r"for the next save\n")


def test_two_sessions_are_listed_and_one_is_picked(session, project):
    for live in (session(), session()):
        live.port()
    screen = project.run("status")
    assert screen.status != 0
    assert screen.said.startswith("error: 2 sessions are running\n"), \
        screen.said
    ids = re.findall(r"\b[0-9a-f]{8}\b", screen.err)
    assert len(set(ids)) == 2
    picked = project.run("status", "--session=" + ids[0])
    assert picked.shown.startswith("session %s  PROJECT  pid " % ids[0])
    assert picked.status == 0


def test_polling_and_a_reload_switched_off_are_said(session):
    live = session(options=("--py-reload=off",),
                   env={"COWBIRD_FORCE_POLLING": "1"})
    hears(live, r"  watch   \. \(1 source\)       compiler .*, by polling\n"
                r"(warning: watching by polling: .*\n)?"
                r"  reload  Python changes do not restart the app "
                r"\(--py-reload=off\)\n")


def test_an_interrupt_ends_it_without_a_word_of_ours(session):
    live = started(session)
    hears(live, r"  reload .*\n")
    before = len(live.err)
    assert live.end() != 0
    after = normal(live.folder, "".join(live.err[before:]))
    assert not re.search(r"^(error:|warning:|HH:MM:SS)", after, re.MULTILINE)


def test_verbose_says_the_phases(session):
    live = started(session, options=("-v",))
    live.save("scoring.c", source(2))
    hears(live, r"  phases  settle [\d.]+, compile [\d.]+ \((warm|cold)\), .*\n"
                r"  compile  scoring: order [\d.]+, tcc [\d.]+, .*symbols "
                r"[\d.]+ ms\n")


def test_the_same_times_are_in_the_event_and_in_the_trace(session, project):
    live = started(session, options=("--trace=t.json",))
    live.save("scoring.c", source(2))
    swap = live.event("swap", module="scoring")
    assert swap["compile_tcc_ms"] > 0 and swap["compile_cc_ms"] == 0
    worker = int(live.get("/pid/x")[1])
    live.end()
    spans = [e for e in json.loads((project.folder / "t.json").read_text())
             if e["ph"] == "X"]
    named = {e["name"]: e for e in spans}
    save = named["save"]
    assert abs(save["dur"] / 1e3 - swap["took_ms"]) < 0.001
    assert named["commit"]["dur"] <= save["dur"]
    assert {"settle", "canary", "tcc", "symbols", "prepare"} <= set(named)
    assert worker in {e["pid"] for e in spans if e["name"] == "prepare"}
    tcc = [e for e in spans if e["name"] == "tcc"][-1]
    assert tcc["pid"] not in (live.pid, worker)
    assert save["ts"] <= tcc["ts"] <= save["ts"] + save["dur"]


def test_a_trace_never_replaces_a_file_that_is_none(project):
    project.write("app.py", "print('ran')\n")
    project.write("notes.txt", "mine")
    screen = project.run("run", "app.py", "--dev", "--trace=notes.txt")
    assert screen.status == 2
    assert screen.said.startswith(
        "error: --trace=notes.txt: the file is there and is no trace; name "
        "another, or delete it\n"), screen.said
    assert (project.folder / "notes.txt").read_text() == "mine"


def test_a_trace_of_no_session_is_refused(project):
    project.write("app.py", "print('ran')\n")
    screen = project.run("run", "app.py", "--trace=t.json")
    assert screen.status == 2
    assert screen.said.startswith(
        "error: --trace=t.json is for --dev: without it nothing is saved "
        "into the app\n"), screen.said


def test_quiet_says_errors_only(session):
    live = started(session, options=("-q",))
    live.save("scoring.c", source(2))
    live.event("swap", module="scoring")
    assert live.err == []
    live.save("scoring.c", source("nonsense"))
    hears(live, r"HH:MM:SS  error    scoring  1 error, not swapped\n")


def test_status_and_undo_speak_of_the_running_session(session, project):
    live = started(session)
    live.save("scoring.c", source(2))
    live.event("swap", module="scoring")
    assert re.fullmatch(
        r"session \w{8}  PROJECT  pid \d+  CPython VERSION\n"
        r"  scoring         gen 2  1/1 workers  \w.*\n"
        r"  worker \d+  CPython VERSION\n", project.run("status").shown)
    undone = project.run("undo", "scoring")
    assert undone.said == (
        "  undo    scoring is back at gen 1's code, as gen 3\n")
    hears(live, r"HH:MM:SS  undo     scoring  answer\(\)    TIME  1/1 workers"
                r"  gen 3, gen 1's code\n")
    again = project.run("restart", "--json")
    assert json.loads(again.out)["done"][0].startswith("app.py ")
    unknown = project.run("undo", "geo")
    assert unknown.said == (
        "error: no native module 'geo' in this session\n"
        "  = help: cowbird status lists the modules\n")
    assert project.run("undo", "scorin").said == (
        "error: no native module 'scorin' in this session\n"
        "  = help: did you mean 'scoring'?\n")
    assert unknown.status != 0


def test_status_names_the_place_where_a_source_does_not_compile(session,
                                                                project):
    live = started(session)
    live.save("scoring.c", source("nonsense"))
    live.event("error", module="scoring")
    assert re.search(
        r"\n  scoring         gen 1  1/1 workers  \w.*  \(1 error, not swapped:"
        r" scoring\.c:6: .*nonsense.*\)\n", project.run("status").shown)
    live.save("scoring.c", source(2))
    live.event("swap", module="scoring")
    assert "nonsense" not in project.run("status").shown


def test_a_new_module_that_no_session_watches_is_warned_of(session, project):
    project.write("native/geo.c", source(1, "geo"))
    live = session(compile_path="native")
    live.port()
    assert ("warning: the session that runs (pid %d) compiles what is below "
            "native and will not see this module: 'cowbird new --dir native "
            "area' writes it there\n" % live.process.pid
            ) in project.run("new", "area").err
    assert "warning" not in project.run("new", "--dir=native", "area").err


def test_undo_needs_one_name(project):
    project.refuses("undo", said="error: undo takes the name of one module\n"
                    "  = help: cowbird status lists the modules\n"
                    "Usage: cowbird undo MODULE [--session ID]\n")


def test_nothing_is_asked_where_no_session_runs(project):
    for words in (("status",), ("undo", "scoring"), ("restart",)):
        project.refuses(*words, status=1, said="""\
error: no running session of PROJECT
  = help: start one with: cowbird run APP.py --compile-path=. --dev
""")
