"""What build, check and cache say."""
import json
import re

import pytest

from live import source

HEAD = r"  python  CPython VERSION \(.*\)\n"
ERROR = (r"scoring\.c:6:\d+: error: .*'nonsense'.*\n"
         r"    6 \|     return PyLong_FromLong\(nonsense\);\n"
         r"      \|                            \^~+\n")


@pytest.fixture
def say(project, python, tmp_path_factory):
    """`cowbird WORDS…` with this Python and a cache of its own."""
    cache = str(tmp_path_factory.mktemp("cache"))
    project.write("scoring.c", source(1))

    def run(*words):
        return project.run(*words, env={"COWBIRD_CACHE_DIR": cache,
                                        "COWBIRD_PYTHON": python})
    return run


def test_build_says_what_served_and_what_the_cache_had(say):
    first = say("build")
    assert re.fullmatch(HEAD + r"  built   scoring +\S.*, TIME\n"
                        r"  create  compile_commands\.json   so that clangd "
                        r"finds Python\.h\n", first.said)
    again = say("build")
    assert re.fullmatch(HEAD + r"  built   scoring +from cache\n", again.said)
    assert (first.shown, first.status) == ("", 0)
    assert (again.shown, again.status) == ("", 0)


def test_build_shows_every_error_and_counts_the_modules(say, project):
    project.write("geo.c", source(2, name="geo"))
    project.write("scoring.c", source("nonsense"))
    screen = say("build")
    assert re.search("^" + ERROR, screen.said, re.MULTILINE), screen.said
    assert screen.said.endswith("error: 1 of 2 modules did not build\n")
    assert screen.status == 1


@pytest.mark.parametrize("name, word, whose", [
    ("CFLAGS", "-fwibble", "the environment's CFLAGS"),
    ("LDFLAGS", "-lnowhere", "the environment's LDFLAGS"),
    ("COWBIRD_OPTIMISE", "-fwobble",
     "optimise (pyproject.toml, or COWBIRD_OPTIMISE)"),
])
def test_a_flag_that_the_compiler_refuses_is_said_with_its_place(
        project, python, tmp_path, name, word, whose):
    project.write("scoring.c", source(1))
    screen = project.run("build", env={
        "COWBIRD_CACHE_DIR": str(tmp_path / "cache"),
        "COWBIRD_PYTHON": python, name: word})
    assert f"help: {word} comes from {whose}\n" in screen.said
    assert screen.status == 1


def test_a_quiet_build_says_nothing_but_errors(say, project):
    screen = say("build", "-q")
    assert (screen.said, screen.shown, screen.status) == ("", "", 0)
    project.write("scoring.c", source("nonsense"))
    assert re.match(ERROR, say("build", "-q").said)


def test_build_and_check_have_results_for_programs(say, project):
    project.write("scoring.c", source("nonsense"))
    for words in (("build", "--json"), ("check", "--json")):
        screen = say(*words)
        result = json.loads(screen.out)
        assert screen.out.count("\n") == 1
        assert result["failed"] == 1 and screen.status == 1
        found = result["modules"][0]["diagnostics"][0]
        assert (found["severity"], found["line"]) == ("error", 6)
        assert found["width"] == len("nonsense")


def test_check_counts_errors_and_warnings(say, project):
    screen = say("check")
    assert re.fullmatch(HEAD + r"  checked  1 module: 0 errors, 0 warnings\n",
                        screen.said)
    assert screen.status == 0
    project.write("scoring.c", source("nonsense"))
    screen = say("check")
    assert re.search("^" + ERROR, screen.said, re.MULTILINE), screen.said
    assert re.search(r"  checked  1 module: 1 error, \d+ warnings?\n\Z",
                     screen.said)
    assert screen.status == 1


def test_a_project_without_modules_says_how_to_get_one(say, project):
    (project.folder / "scoring.c").unlink()
    for command in ("build", "check"):
        screen = say(command)
        assert ("warning: no native module below PROJECT: 'cowbird new NAME' "
                "writes one\n") in screen.said
        assert screen.status == 0


def test_a_compile_path_that_is_not_there_is_named(say):
    screen = say("build", "--compile-path=nowhere")
    assert "error: compile path PROJECT/nowhere is not there\n" in screen.said
    assert screen.status == 2


def test_a_compiler_that_is_not_there_is_named(say):
    screen = say("build", "--cc=no-such-cc")
    assert ("error: there is no compiler 'no-such-cc' (from --cc)\n"
            in screen.said)
    assert screen.status == 2


def test_a_python_that_is_not_there_is_named(say):
    screen = say("build", "--python=no-such-python")
    assert "error: there is no Python at no-such-python\n" in screen.said
    assert screen.status == 2


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_word_too_many_is_refused(project, command):
    project.refuses(command, "x", said="error: '%s' takes no word 'x'\n"
                    "Usage: cowbird %s [OPTIONS]\n" % (command, command))


def test_the_cache_says_where_it_is_and_what_it_holds(say):
    say("build")
    assert re.fullmatch(r"path       .*\n"
                        r"size       \d+ [KMG]?B\n"
                        r"artefacts  1\n"
                        r"guests     \d+\n"
                        r"sessions   0 live\n", say("cache", "info").shown)
    cleared = say("cache", "clear")
    assert re.fullmatch(r"  cleared  \d+ [KMG]?B\n", cleared.said)
    assert "artefacts  0\n" in say("cache", "info").shown


def test_the_cache_needs_its_word(project):
    usage = "Usage: cowbird cache info | clear\n"
    project.refuses("cache", said="error: cache needs a word: info or clear\n"
                    + usage)
    project.refuses("cache", "x", said="error: cache takes one word, info or "
                    "clear, not 'x'\n" + usage)
