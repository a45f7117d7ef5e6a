"""What `cowbird new` says and writes, whole screens at a time."""
import json
import os
import re
import subprocess

import pytest

THEN = "Then:     cowbird run app.py --compile-path=. --dev\n"
USAGE = ("Usage: cowbird new NAME [--template T] [--dir DIR] | --from "
         "FILE:FUNC | --list\n")


@pytest.fixture
def new(program, python, tmp_path):
    def run(*words, folder=tmp_path):
        return subprocess.run(
            [program, "new", "--python=" + python, *words], cwd=folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=60)
    run.folder = tmp_path
    return run


def check(done, status, err, out=""):
    assert (done.returncode, done.stderr, done.stdout) == (status, err, out)


def files_in(folder):
    return sorted(str(path.relative_to(folder))
                  for path in folder.rglob("*") if path.is_file())


def test_a_module_is_written_and_its_next_steps_named(new):
    check(new("scoring"), 0,
          "  create  scoring.c               one function: total(array) -> "
          "float\n"
          "  create  compile_commands.json   so that clangd finds Python.h\n"
          "Use it:   from scoring import total\n" + THEN)
    assert files_in(new.folder) == ["compile_commands.json", "scoring.c"]
    text = (new.folder / "scoring.c").read_text()
    assert "#include <cowbird.h>" in text and "@" not in text


def test_the_entry_lets_an_editor_find_python_h(new, python):
    new("pkg/_fast")
    entry, = json.loads((new.folder / "compile_commands.json").read_text())
    assert entry["directory"] == os.path.realpath(new.folder)
    assert entry["file"] == "pkg/_fast.c"
    done = subprocess.run(entry["arguments"] + ["-fsyntax-only"],
                          cwd=entry["directory"])
    assert done.returncode == 0


def test_a_second_module_is_merged_below_the_first(new):
    new("scoring")
    (new.folder / "main.py").write_text("")
    check(new("pkg._fast", "--template=state"), 0,
          "  create  pkg/_fast.c             two functions: hit(name) -> "
          "int, hits(name) -> int\n"
          "  update  compile_commands.json   so that clangd finds Python.h\n"
          "Use it:   from pkg._fast import hit, hits\n"
          "Then:     cowbird run main.py --compile-path=. --dev\n")
    entries = json.loads((new.folder / "compile_commands.json").read_text())
    assert [e["file"] for e in entries] == ["scoring.c", "pkg/_fast.c"]


def test_a_file_that_is_there_stays_without_force(new):
    path = new.folder / "scoring.c"
    path.write_text("mine")
    check(new("scoring.c"), 2,
          "error: scoring.c is there already\n"
          "  = help: --force replaces it\n")
    assert path.read_text() == "mine"
    assert files_in(new.folder) == ["scoring.c"]
    done = new("scoring.c", "--force", "-q")
    check(done, 0, "")
    assert "from scoring import total" in path.read_text()


def test_a_refusal_writes_nothing(new, python):
    version = subprocess.run(
        [python, "-c", "import platform; print(platform.python_version())"],
        stdout=subprocess.PIPE, text=True).stdout.strip()
    (new.folder / "app.py").write_text("")
    check(new("json"), 2,
          "error: 'json' is a module of Python's own (%s)\n"
          "  = help: another name, such as 'fast_json', hides nothing\n"
          % version)
    check(new("sub/app", "--dir=deep/er", "--template=stat"), 2,
          "error: there is no template 'stat'\n"
          "  = help: did you mean 'state'?\n")
    check(new("x", "--template=nothing_like_it"), 2,
          "error: there is no template 'nothing_like_it'\n"
          "  = help: 'cowbird new --list' shows them\n")
    check(new("app"), 2,
          "error: app.py is there already: 'import app' would no longer "
          "reach it\n"
          "  = help: --force writes app.c all the same\n")
    check(new("my-mod"), 2,
          "error: 'my-mod' can be no module: letters, digits and '_', no "
          "digit first\n"
          "  = help: did you mean 'my_mod'?\n")
    check(new("import"), 2,
          "error: 'import' can be no module: it is a word of Python\n"
          "  = help: did you mean 'import_'?\n")
    check(new("../x"), 2,
          "error: '../x' leads out of the folder\n"
          "  = help: --dir names the folder to write to\n")
    assert files_in(new.folder) == ["app.py"]
    assert not (new.folder / "deep").exists()


def test_a_plain_module_without_libclang_is_written_with_a_warning(
        new, monkeypatch):
    monkeypatch.setenv("COWBIRD_LIBCLANG", "/nowhere/libclang.so")
    said = new("scoring").stderr
    assert ("warning: COWBIRD_LIBCLANG names /nowhere/libclang.so, which is "
            "not there\nUse it:   ") in said
    assert "warning" not in new("raw_one", "--template=raw").stderr


def test_wrong_words_show_the_usage(new):
    check(new(), 2,
          "error: the name of the module is missing\n"
          "  = help: for example: cowbird new scoring\n" + USAGE)
    check(new("a", "b"), 2,
          "error: too many words\n"
          "  = help: one name a call, without spaces\n" + USAGE)
    check(new("a", "--fore"), 2,
          "error: unknown option '--fore'\n"
          "  = help: did you mean '--force'?\n" + USAGE)
    assert files_in(new.folder) == []


def test_an_invalid_database_is_left_alone_and_said(new):
    path = new.folder / "compile_commands.json"
    path.write_text("[\n  {},\n]\n")
    check(new("scoring"), 0,
          "  create  scoring.c               one function: total(array) -> "
          "float\n"
          "warning: compile_commands.json is not valid JSON: line 3, column "
          "1: a value is expected here; left as it is, so clangd may not "
          "find headers\n"
          "Use it:   from scoring import total\n" + THEN)
    assert path.read_text() == "[\n  {},\n]\n"


def test_dir_is_made_and_becomes_the_compile_path(new):
    check(new("pkg/fast", "--dir=native/c"), 0,
          "  create  native/c/pkg/fast.c     one function: total(array) -> "
          "float\n"
          "  create  compile_commands.json   so that clangd finds Python.h\n"
          "Use it:   from pkg.fast import total\n"
          "Then:     cowbird run app.py --compile-path=native/c --dev\n")


def test_the_folder_that_the_project_compiles_is_the_usual_one(new):
    (new.folder / "pyproject.toml").write_text(
        '[tool.cowbird]\ncompile-path = ["native", "more"]\n')
    done = new("scoring")
    assert done.stderr.endswith("Then:     cowbird run app.py --dev\n")
    more = new.folder / "more" / "deep"
    more.mkdir(parents=True)
    new("other", folder=more)
    new("third", "--dir=.")
    assert [name for name in files_in(new.folder) if name.endswith(".c")] == [
        "more/deep/other.c", "native/scoring.c", "third.c"]


def test_the_database_is_the_project_s_one(new):
    (new.folder / "pyproject.toml").write_text("[tool.cowbird]\n")
    sub = new.folder / "sub"
    sub.mkdir()
    done = new("fast", folder=sub)
    assert "  create  sub/fast.c " in done.stderr
    assert files_in(new.folder) == ["compile_commands.json",
                                    "pyproject.toml", "sub/fast.c"]


def test_list_shows_each_template_on_stdout(new):
    done = new("--list")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and done.stderr == ""
    assert lines[0] == ("  plain       plain C without Python.h, bound by "
                        "cowbird (the default)")
    assert [re.match(r"  (\w+)  ", line).group(1) for line in lines] == [
        "plain", "blocking", "buffer", "handle", "raw", "serializer",
        "state", "type"]
    listed = json.loads(new("--list", "--json").stdout)
    assert [t["name"] for t in listed][:2] == ["plain", "blocking"]
    assert all(t["summary"] and t["holds"] for t in listed)


def test_json_tells_the_same(new):
    done = new("scoring", "--json")
    assert json.loads(done.stdout) == {
        "module": "scoring", "template": "plain",
        "created": ["scoring.c", "compile_commands.json"], "updated": [],
        "use": "from scoring import total",
        "then": "cowbird run app.py --compile-path=. --dev"}


def test_the_flat_spelling_does_the_same(program, tmp_path):
    for words in (["--create-c-file", "one"], ["--create-c-file=two.c"]):
        done = subprocess.run([program, *words], cwd=tmp_path,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "one.c").exists() and (tmp_path / "two.c").exists()
