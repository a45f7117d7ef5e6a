"""The screens that explain."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

FIRST = """\
cowbird VERSION - native code in Python web apps, changed as easily as Python

Usage: cowbird <command> [options]

Commands:
  new      Write a C module and wire it into the app
  run      Run the app with its C modules compiled
  build    Compile everything and stop
  doctor   Check compilers, Python and limits

Start with:  cowbird new scoring && cowbird run app.py --compile-path=. --dev
Run 'cowbird help <command>' for details.
"""

COMMON = """\
      --cc=CC               compiler: auto, tcc, gcc, clang or a path
      --python=PATH         interpreter to build for
  -j, --jobs=N              compile at most N modules at once
      --color=WHEN          auto, always or never
      --json[=PATH]         results as JSON; of run events, to PATH or fd:N
  -v, --verbose             say phases and reasons
  -q, --quiet               only errors
  -h, --help                this text
"""


def test_each_verb_of_an_event_is_explained(project):
    text = project.run("help", "json").shown
    listed = (ROOT / "cli/report.h").read_text()
    verbs = re.findall(r'X\(VERB_\w+, "(\w+)"', listed)
    assert len(verbs) > 10
    assert [verb for verb in verbs
            if not re.search(r"\b%s\b" % verb, text)] == []


def commands(project):
    """The names that `cowbird help` lists."""
    listed = re.search(r"Commands:\n((?:  .*\n)+)",
                       project.run("help").shown).group(1)
    return [line.split()[0] for line in listed.splitlines()]


def topics(project):
    listed = re.search(r"Topics:\n((?:  .*\n)+)",
                       project.run("help").shown).group(1)
    return [line.split()[0] for line in listed.splitlines()]


@pytest.mark.parametrize("words", [(), ("-h",)], ids=["nothing", "-h"])
def test_a_lone_cowbird_says_what_it_is_and_how_to_start(project, words):
    screen = project.run(*words)
    expected = FIRST
    for name in ("new", "run", "build", "doctor"):
        if name not in commands(project):
            expected = re.sub(r"  %s .*\n" % name, "", expected)
    assert (screen.status, screen.said) == (0, "")
    assert screen.shown == expected


@pytest.mark.parametrize("words", [("help",), ("--help",)], ids=str)
def test_help_lists_commands_and_topics(project, words):
    screen = project.run(*words)
    assert (screen.status, screen.said) == (0, "")
    assert screen.shown.startswith(
        "cowbird VERSION - native code in Python web apps, changed as easily "
        "as Python\n\n"
        "Usage: cowbird <command> [options]\n"
        "       cowbird APP.py --compile-path=DIR [--dev]\n"
        "       cowbird --create-c-file NAME\n\n"
        "Commands:\n")
    assert screen.shown.endswith("""
Topics:
  modules  What is a native module, and its settings
  types    What C types are in Python
  release  Wheels, and installing in place
  saves    What a save changes in the running app
  migrate  Live objects, state and a changed struct
  faults   Native crashes, and those that raise
  config   pyproject.toml, variables, defaults
  exits    Exit statuses
  json     Results and events for programs
  robyn    The flat spellings

'cowbird help <command>' tells all, 'cowbird <command> -h' the options.
""")


def test_every_command_has_a_short_and_a_long_screen(project):
    for name in commands(project):
        short = project.run(name, "-h")
        long = project.run(name, "--help")
        assert (short.status, short.said) == (0, ""), name
        assert (long.status, long.said) == (0, ""), name
        assert project.run("help", name).out == long.out
        assert "\n\nUsage: cowbird %s" % name in short.shown
        assert "\n\nOptions:\n" in short.shown
        if short.shown != long.shown:
            pointer = "\nRun 'cowbird help %s' for details.\n" % name
            assert short.shown.endswith(pointer)
            shared = short.shown[:-len(pointer)]
            assert long.shown.startswith(shared)
        else:
            assert name in ("help", "version")


def test_every_command_takes_the_common_options(project):
    for name in commands(project):
        assert COMMON in project.run(name, "-h").shown, name


def test_no_screen_is_wider_than_a_terminal(project):
    screens = [project.run(), project.run("help")]
    screens += [project.run("help", name)
                for name in commands(project) + topics(project)]
    for screen in screens:
        assert screen.status == 0
        assert screen.shown.endswith("\n")
        for line in screen.shown.splitlines():
            assert len(line) < 80
            assert line.isascii()
            assert line == line.rstrip()


def test_a_topic_explains_itself(project):
    screen = project.run("help", "exits")
    assert screen.shown == """\
  0      done
  1      your code did not build, or a check failed
  2      wrong usage or configuration, or the machine said no
  101    a bug of ours

'cowbird run' passes on the app's own status, and repeats its death by
a signal; 130 only when it was interrupted before the app started.
"""


def test_an_unknown_topic_names_a_near_one(project):
    project.refuses("help", "versoin", said="""\
error: no help on 'versoin'
  = help: did you mean 'version'?
Usage: cowbird help [TOPIC]
""")
    project.refuses("help", "sandwiches", said="""\
error: no help on 'sandwiches'
  = help: 'cowbird help' lists the topics
Usage: cowbird help [TOPIC]
""")


def test_two_topics_at_once_are_too_many(project):
    project.refuses("help", "json", "exits", said="""\
error: 'help' takes one topic
Usage: cowbird help [TOPIC]
""")


def test_help_reaches_a_reader_who_leaves_early(project):
    done = subprocess.run("'%s' help config | head -1; echo ${PIPESTATUS[0]}"
                          % project.program, shell=True,
                          executable="/bin/bash", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"
