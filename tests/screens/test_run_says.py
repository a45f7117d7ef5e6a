"""What `cowbird run` says before, instead of and around the app."""
import json
import os
import re
import subprocess

import pytest

USAGE = "Usage: cowbird run [OPTIONS] APP.py [ARGS...] | -- COMMAND...\n"

MODULE = """\
#include <Python.h>

static PyObject *
total(PyObject *self, PyObject *arg)
{
    double sum = PyFloat_AsDouble(arg);
    return PyFloat_FromDouble(%s);
}

static PyMethodDef methods[] = {
    {"total", total, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "scoring", NULL, 0, methods, slots,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_scoring(void)
{
    return PyModuleDef_Init(&module);
}
"""

# As the screen in STYLE has it; libclang, where it is, tells a bit more.
BROKEN = re.compile(r"""HH:MM:SS  error    scoring  1 error
scoring.c:7:31: error: .*'sun'.*
    7 \|     return PyFloat_FromDouble\(sun\);
      \|                               \^~~
      \|                               sum
      = help: did you mean 'sum'\?
(scoring.c:6:12: note: 'sum' declared here
.*
.*
)?importing scoring raises ImportError
""")


@pytest.fixture
def app(project, python):
    project.write("app.py", "import sys\nprint(sys.argv[1:])\n")
    project.words = ("--python=" + python,)
    return project


@pytest.mark.parametrize("words, help", [
    (("--port", "80"), "to pass it on: cowbird run app.py -- --port 80"),
    (("serve", "--port=80", "--dev"),
     "to pass it on: cowbird run app.py --dev -- serve --port=80"),
])
def test_an_option_of_the_app_is_shown_behind_dashes(app, words, help):
    app.refuses("run", "app.py", *words, said="error: unknown option '--port'"
                "\n  = help: %s\n%s" % (help, USAGE))


def test_an_option_mistyped_is_named_before_it_is_passed_on(app):
    app.refuses("run", "app.py", "--compile-path=.", "--dve", said="""\
error: unknown option '--dve'
  = help: did you mean '--dev'?
  = help: to pass it on: cowbird run app.py --compile-path=. -- --dve
""" + USAGE)


def test_a_command_without_its_dashes_is_shown_with_them(app):
    app.refuses("run", "--dev", "uvicorn", "app:app", "--workers", "2",
                said="error: unknown option '--workers'\n"
                "  = help: to pass it on: cowbird run --dev -- uvicorn app:app"
                " --workers 2\n" + USAGE)


def test_a_run_needs_an_app_or_a_command(app):
    for words in (("run",), ("run", "--"), ("run", "--dev"), ("--dev",),
                  ("--compile-c-path=.",)):
        app.refuses(*words, said="error: no app and no command to run\n"
                    + USAGE)


def test_an_app_that_is_not_there_is_named(app):
    app.refuses("nowhere.py", said="error: no such app: nowhere.py\n"
                + USAGE)
    app.refuses("run", "app", said="error: no such app: app\n"
                "  = help: did you mean 'app.py'?\n" + USAGE)


def test_a_program_in_the_place_of_the_app_is_shown_behind_dashes(app):
    app.refuses("run", "env", "app:app", "--dev", said="error: no such app: "
                "env\n  = help: to pass it on: cowbird run --dev -- env "
                "app:app\n" + USAGE)


@pytest.mark.parametrize("words", [
    ("run", "app.py", "one", "--", "--port", "80"),
    ("run", "--", "PYTHON", "app.py", "one", "--port", "80"),
    ("app.py", "one", "--compile-c-path=.", "--", "--port", "80"),
    ("--compile-c-path", ".", "app.py", "one", "--", "--port", "80"),
], ids=["run", "command", "flat", "flat first"])
def test_the_app_gets_its_own_words(app, python, words):
    words = [python if word == "PYTHON" else word for word in words]
    at = words.index("--")
    screen = app.run(*words[:at], *app.words, *words[at:])
    assert screen.shown == "['one', '--port', '80']\n"
    assert screen.status == 0


def test_a_broken_module_shows_place_caret_and_help(app):
    app.write("scoring.c", MODULE % "sun")
    screen = app.run("run", "app.py", *app.words)
    head, said = screen.said.split("\n", 1)
    assert re.fullmatch(r"  python  CPython VERSION \(--python\)", head)
    assert BROKEN.fullmatch(said), said
    assert screen.shown == "[]\n"
    assert screen.status == 0


def test_quiet_leaves_only_what_is_broken(app):
    app.write("scoring.c", MODULE % "sun")
    screen = app.run("run", "app.py", "-q", *app.words)
    assert BROKEN.fullmatch(screen.said), screen.said
    app.write("scoring.c", MODULE % "sum")
    assert app.run("run", "app.py", "-q", *app.words).said == ""


def test_a_good_module_is_two_lines(app):
    app.write("scoring.c", MODULE % "sum")
    said = app.run("run", "app.py", *app.words).said
    again = app.run("run", "app.py", *app.words).said
    assert re.fullmatch(r"  python  CPython VERSION \(--python\)\n"
                        r"  built   scoring +\S.*\n", said), said
    assert again.endswith("from cache\n")


def test_chatter_of_a_compiler_that_succeeds_is_no_error(app):
    app.write("scoring.c", MODULE % "sum")
    said = app.run("run", "app.py", *app.words, env={"CFLAGS": "-v"}).said
    assert "error" not in said
    assert len(said.splitlines()) == 2


def test_events_go_to_a_file_beside_the_speech(app):
    app.write("scoring.c", MODULE % "sun")
    screen = app.run("run", "app.py", "--json=events", *app.words)
    assert BROKEN.search(screen.said)
    events = [json.loads(line)
              for line in (app.folder / "events").read_text().splitlines()]
    error = events[-1]
    assert [e["event"] for e in events] == ["setup", "error"]
    assert (error["subject"], error["module"]) == ("scoring", "scoring")
    first = error["diagnostics"][0]
    assert (first["line"], first["column"], first["width"]) == (7, 31, 3)
    assert first["path"] == str(app.folder / "scoring.c")
    assert first["help"] == "did you mean 'sum'?"


def test_bare_json_takes_the_place_of_the_speech(app):
    app.write("scoring.c", MODULE % "sum")
    screen = app.run("run", "app.py", "--json", *app.words)
    assert screen.shown == "[]\n"
    assert [json.loads(line)["event"] for line in screen.err.splitlines()] \
        == ["setup", "setup"]


def test_events_go_to_a_descriptor_that_the_app_does_not_inherit(app):
    app.write("app.py", "import os\nfor fd in range(3, 64):\n    try:\n"
              "        print(fd, os.readlink('/proc/self/fd/%d' % fd))\n"
              "    except OSError:\n        pass\n")
    ours, theirs = os.pipe()
    done = subprocess.run(
        [app.program, "run", "app.py", "--json=fd:%d" % theirs, *app.words],
        cwd=app.folder, pass_fds=[theirs], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(theirs)
    with os.fdopen(ours) as stream:
        events = [json.loads(line) for line in stream]
    assert events[0]["event"] == "setup"
    pipes = [line for line in done.stdout.splitlines() if "pipe:" in line]
    assert pipes == [], "neither our copy nor the one that we were given"


@pytest.mark.parametrize("where, said", [
    ("fd:x", "--json=fd:x names no descriptor"),
    ("fd:77", "--json=fd:77 is not open for writing"),
    ("no/where", "--json=no/where cannot be written: No such file or "
                 "directory"),
])
def test_a_bad_place_for_events_is_refused(app, where, said):
    app.refuses("run", "app.py", "--json=" + where,
                said="error: %s\n" % said)
