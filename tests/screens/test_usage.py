"""What is said about words that mean nothing, and which spellings do."""
import json
import os
import subprocess

import pytest

VERSION_USAGE = "Usage: cowbird version [OPTIONS]\n"
USAGE = "Usage: cowbird <command> [options]\n"


def test_the_version_is_one_line(project):
    for words in (("version",), ("--version",), ("-V",)):
        screen = project.run(*words)
        assert (screen.status, screen.shown) == (0, "cowbird VERSION\n")
        assert screen.said == ""


def test_the_version_as_json(project):
    screen = project.run("version", "--json")
    assert list(json.loads(screen.out)) == ["version"]


def test_an_unknown_command_names_a_near_one(project):
    project.refuses("verison", said="error: unknown command 'verison'\n"
                    "  = help: did you mean 'version'?\n" + USAGE)


def test_an_unknown_command_without_a_near_one_points_to_help(project):
    project.refuses("sandwich", said="error: unknown command 'sandwich'\n"
                    "  = help: 'cowbird help' lists the commands\n" + USAGE)


def test_the_app_without_its_suffix_is_recognised(project):
    project.write("webapp.py")
    project.refuses("webapp", said="error: unknown command 'webapp'\n"
                    "  = help: did you mean 'webapp.py'?\n" + USAGE)


def test_a_program_gets_the_command_that_runs_it(project):
    project.refuses("ls", said="error: unknown command 'ls'\n"
                    "  = help: to run it with its C modules compiled: "
                    "cowbird run -- ls\n" + USAGE)


def test_an_option_without_a_command_is_unknown(project):
    project.refuses("--sandwich", said="error: unknown option '--sandwich'\n"
                    "  = help: 'cowbird help' lists the commands\n" + USAGE)


def test_a_mistyped_flat_spelling_is_recognised(project):
    project.refuses("--verison", said="error: unknown option '--verison'\n"
                    "  = help: did you mean '--version'?\n" + USAGE)
    project.refuses("--create-cfile", "x", said="error: unknown option "
                    "'--create-cfile'\n"
                    "  = help: did you mean '--create-c-file'?\n" + USAGE)


def test_an_unknown_option_names_a_near_one_and_the_usage(project):
    project.refuses("version", "--jsn", said="""\
error: unknown option '--jsn'
  = help: did you mean '--json'?
""" + VERSION_USAGE)


def test_an_unknown_option_without_a_near_one(project):
    project.refuses("version", "-x", said="error: unknown option '-x'\n"
                    + VERSION_USAGE)


@pytest.mark.parametrize("words, said", [
    (("--jobs",), "error: option '--jobs' needs a value\n"
                  "  = help: --jobs=N\n"),
    (("--cc=",), "error: option '--cc' needs a value\n"
                 "  = help: --cc=CC\n"),
    (("-j", "x"), "error: option '--jobs' needs a whole number, not 'x'\n"),
    (("-v=1",), "error: unknown option '-v=1'\n"),
    (("--quiet=1",), "error: option '--quiet' takes no value\n"),
    (("word",), "error: 'version' takes no word 'word'\n"),
    (("--",), "error: 'version' takes no '--'\n"),
])
def test_values_and_words_that_do_not_fit(project, words, said):
    project.refuses("version", *words, said=said + VERSION_USAGE)


def test_colour_is_one_of_three(project):
    project.refuses("version", "--color=red", said="error: --color is auto, "
                    "always or never, not 'red'\n")


def test_json_to_a_path_is_for_run(project):
    project.refuses("version", "--json=x", said="error: --json=x is for "
                    "'cowbird run'; here --json writes to stdout\n")


def test_colour_where_it_is_asked_for(project):
    screen = project.run("version", "--color=always", "--jsn")
    assert screen.err.startswith("\033[1;31merror:\033[0m unknown option")
    assert "\033[1;36m= help:\033[0m did you mean" in screen.err
    screen = project.run("version", "--jsn", env={"FORCE_COLOR": "1"})
    assert screen.err.startswith("\033[1;31merror:")
    screen = project.run("version", "--jsn",
                         env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert screen.err.startswith("error:")


def on_terminal(project, env):
    """stderr of a wrong command as a terminal shows it."""
    ours, theirs = os.openpty()
    full = dict(os.environ, LC_ALL="C.UTF-8", **env)
    child = subprocess.Popen([project.program, "verison"],
                             cwd=project.folder, env=full,
                             stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    text = b""
    try:
        while True:
            part = os.read(ours, 4096)
            if not part:
                break
            text += part
    except OSError:
        pass  # Linux's word for the end of a terminal
    os.close(ours)
    assert child.wait() == 2
    return text


def test_a_terminal_shows_colour_unless_it_is_dumb(project):
    assert b"\033[" in on_terminal(project, {"TERM": "xterm"})
    assert b"\033[" not in on_terminal(project, {"TERM": "dumb"})
    assert b"\033[" not in on_terminal(project, {"TERM": "xterm",
                                                 "NO_COLOR": "1"})


def test_a_closed_stderr_changes_nothing_but_the_words(project):
    done = subprocess.run("'%s' version 2>&-; '%s' versin 2>&-; echo $?"
                          % (project.program, project.program), shell=True,
                          stdout=subprocess.PIPE, text=True)
    assert done.stdout.splitlines()[-1] == "2"


def test_names_cannot_drive_the_terminal(project):
    project.refuses("a\033[2J\nb", said="error: unknown command 'a?[2J?b'\n"
                    "  = help: 'cowbird help' lists the commands\n" + USAGE)
