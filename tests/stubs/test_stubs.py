"""What `build`, `stubs` and their options write beside the sources."""
import hashlib
import json
import os
import shutil
import subprocess

import pytest

PLAIN = """\
#include <cowbird.h>
/* Adds. */
int add(int a, int b) { return a + b; }
"""
RAW = """\
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "raw"};
PyMODINIT_FUNC PyInit_raw(void) { return PyModuleDef_Init(&definition); }
"""


@pytest.fixture
def project(program, python, tmp_path):
    class Project:
        folder = tmp_path

        def run(self, *words, before=(), **more):
            env = {**os.environ, **more}
            return subprocess.run(
                [*before, program, *words, "--python=" + python], env=env,
                cwd=tmp_path, stdin=subprocess.DEVNULL, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240)

        def stub(self, name="math.pyi"):
            return (tmp_path / name).read_text()

        def files(self):
            return sorted(os.listdir(tmp_path))

    (tmp_path / "math_.c").write_text(PLAIN)
    return Project()


def inode(path):
    return path.stat().st_ino


def check(done, status=0):
    assert done.returncode == status, done.stderr
    return done


def test_a_build_writes_a_stub_whose_first_line_names_the_source(project):
    said = check(project.run("build")).stderr
    first, rest = project.stub("math_.pyi").split("\n", 1)
    digest = hashlib.sha256(PLAIN.encode()).hexdigest()[:16]
    assert first.startswith("# Written by cowbird ")
    assert f"from math_.c (sha256 {digest});" in first
    assert rest == ('\ndef add(a: int, b: int) -> int:\n'
                    '    """Adds."""\n')
    assert "  stubs   math_.pyi\n" in said
    assert "  create  compile_commands.json   so that" in said


def test_nothing_is_written_again_while_nothing_would_change(project):
    check(project.run("build"))
    places = [project.folder / "math_.pyi",
              project.folder / "compile_commands.json"]
    before = [inode(place) for place in places]
    said = check(project.run("build")).stderr
    assert "stubs" not in said and "compile_commands" not in said
    source = project.folder / "math_.c"
    source.write_text(PLAIN.replace("a + b", "b + a"))
    check(project.run("build"))
    assert [inode(place) for place in places] == before
    source.write_text(PLAIN.replace("int b", "double b"))
    check(project.run("build"))
    assert inode(places[0]) != before[0] and inode(places[1]) == before[1]
    assert "b: float" in project.stub("math_.pyi")


def test_a_deleted_function_is_gone_from_the_stub(project):
    source = project.folder / "math_.c"
    source.write_text(PLAIN + "int more(void) { return 1; }\n")
    check(project.run("build"))
    assert "def more() -> int:" in project.stub("math_.pyi")
    source.write_text(PLAIN)
    check(project.run("build"))
    assert "more" not in project.stub("math_.pyi")


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
def test_stubs_can_be_turned_off(project, how):
    if how == "file":
        (project.folder / "pyproject.toml").write_text(
            "[tool.cowbird]\nstubs = false\n")
    words = ["--no-stubs"] if how == "flag" else []
    more = {"COWBIRD_STUBS": "0"} if how == "variable" else {}
    before = project.files()
    check(project.run("build", *words, **more))
    assert project.files() == before


def test_running_without_dev_writes_nothing(project):
    (project.folder / "app.py").write_text("import math_\n"
                                           "print(math_.add(1, 2))\n")
    before = project.files()
    done = check(project.run("run", "app.py", PYTHONDONTWRITEBYTECODE="1"))
    assert done.stdout == "3\n" and project.files() == before


def test_a_stub_of_the_users_own_is_kept_and_that_is_said_once(project):
    path = project.folder / "math_.pyi"
    path.write_text("def add(a: int, b: int) -> int: ...\n")
    before = inode(path), path.read_text()
    said = check(project.run("build")).stderr
    assert said.count("math_.pyi") == 1
    assert "  kept    math_.pyi  (not written by cowbird; delete it" in said
    assert (inode(path), path.read_text()) == before


def test_a_folder_that_cannot_be_written_is_a_line_and_no_failure(project):
    folder = project.folder
    before = []
    if os.geteuid() == 0:  # whom permissions do not stop
        script = ('mount --bind "$PWD" "$PWD" && '
                  'mount -o remount,bind,ro "$PWD" && cd "$PWD" && exec "$@"')
        before = ["unshare", "-m", "sh", "-c", script, "sh"]
        if subprocess.run([*before, "true"], cwd=folder).returncode != 0:
            pytest.skip("root here, and no mount namespaces")
    else:
        folder.chmod(0o555)
    try:
        said = check(project.run("build", before=before)).stderr
    finally:
        folder.chmod(0o755)
    assert said.count("math_.pyi") == 1
    assert "warning: writing " in said and "--no-stubs asks for none" in said
    assert project.files() == ["math_.c"]


def test_stubs_writes_them_all_and_says_what_it_did(project):
    (project.folder / "raw.c").write_text(RAW)
    (project.folder / "pkg").mkdir()
    (project.folder / "pkg" / "_fast.c").write_text(PLAIN)
    said = check(project.run("stubs")).stderr
    assert "  stubs   math_.pyi, pkg/_fast.pyi\n" in said
    assert "  none    raw  binds itself" in said
    said = check(project.run("stubs")).stderr
    assert "  same    math_.pyi\n  same    pkg/_fast.pyi\n" in said
    (project.folder / "math_.pyi").write_text("# mine\n")
    (project.folder / "pkg" / "_fast.pyi").unlink()
    told = json.loads(check(project.run("stubs", "--json")).stdout)
    root = os.path.realpath(project.folder)
    assert told == [
        {"module": "math_", "kind": "plain", "done": "kept",
         "path": root + "/math_.pyi"},
        {"module": "pkg._fast", "kind": "plain", "done": "written",
         "path": root + "/pkg/_fast.pyi"},
        {"module": "raw", "kind": "raw", "done": "none", "path": None}]


def test_stubs_fails_with_a_module_that_does_not_build(project):
    check(project.run("build"))
    before = project.stub("math_.pyi")
    (project.folder / "math_.c").write_text(PLAIN + "int no(void) { x; }\n")
    check(project.run("stubs"), 1)
    assert project.stub("math_.pyi") == before


def test_a_stub_lies_where_its_module_is_imported_from(project):
    for name in ("src/pkg", "native"):
        (project.folder / name).mkdir(parents=True)
    shutil.move(project.folder / "math_.c", project.folder / "native/impl.c")
    (project.folder / "pyproject.toml").write_text(
        '[tool.cowbird.modules."pkg._fast"]\nsources = ["native/impl.c"]\n')
    check(project.run("stubs"))
    assert "def add(" in project.stub("src/pkg/_fast.pyi")
    assert os.listdir(project.folder / "native") == ["impl.c"]


def test_a_build_says_where_the_stub_lies_for_a_wheel(project):
    told = json.loads(check(project.run("build", "--json",
                                        "--no-stubs")).stdout)
    with open(told["modules"][0]["stub"]) as stub:
        assert "def add(" in stub.read()


def entries(project):
    text = (project.folder / "compile_commands.json").read_text()
    return {entry["file"]: entry for entry in json.loads(text)}


def test_every_source_is_entered_with_its_own_flags(project):
    (project.folder / "raw.c").write_text(RAW)
    (project.folder / "include").mkdir()
    (project.folder / "pyproject.toml").write_text(
        "[tool.cowbird.modules.math_]\n"
        'sources = ["math_.c"]\ninclude-dirs = ["include"]\n'
        'cflags = ["-DMORE=1"]\nstd = "c17"\n')
    check(project.run("build"))
    found = entries(project)
    assert sorted(found) == ["math_.c", "raw.c"]
    root = os.path.realpath(project.folder)
    words = found["math_.c"]["arguments"]
    assert words[:3] == ["cc", f"-I{root}/include", "-DMORE=1"]
    assert words[-2:] == ["-std=c17", "math_.c"]
    for entry in found.values():
        done = subprocess.run(entry["arguments"] + ["-fsyntax-only"],
                              cwd=entry["directory"])
        assert done.returncode == 0


def test_what_new_entered_is_what_a_build_enters(project):
    check(project.run("new", "scoring"))
    before = entries(project)["scoring.c"]
    check(project.run("build"))
    assert entries(project)["scoring.c"] == before
    assert sorted(entries(project)) == ["math_.c", "scoring.c"]


def test_an_entry_of_a_build_system_stays(project):
    theirs = [{"directory": str(project.folder), "file": "math_.c",
               "command": "cc -c math_.c -o math_.o"}]
    path = project.folder / "compile_commands.json"
    path.write_text(json.dumps(theirs))
    check(project.run("build"))
    assert json.loads(path.read_text()) == theirs
