"""`cowbird build --plan`: what a wheel is made of, for setuptools."""
import json
import os
import subprocess

import pytest

PLAIN = '#include <cowbird.h>\n#include "own.h"\nint one(void) { return 1; }\n'
RAW = ("#include <Python.h>\n"
       "PyMODINIT_FUNC PyInit_raw(void) { return NULL; }\n")


class Project:
    def __init__(self, folder, program, python):
        self.folder = folder / "project"
        self.program = program
        self.python = python

    def write(self, **files):
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path = path.with_name("%s.%s" % tuple(path.name.rsplit("_", 1)))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run(self, *words, **env):
        return subprocess.run(
            [self.program, "build", "--python", self.python, *words],
            cwd=self.folder, env=dict(os.environ, LC_ALL="C.UTF-8", **env),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=120)

    def plan(self, *words, **env):
        done = self.run(*words, **env)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def project(tmp_path, program, python):
    made = Project(tmp_path, program, python)
    made.write(pyproject_toml="[tool.cowbird]\n", pkg__fast_c=PLAIN,
               pkg__own_h='#include "deep/far.h"\n', raw_c=RAW)
    (made.folder / "pkg" / "deep").mkdir()
    (made.folder / "pkg" / "deep" / "far.h").write_text("")
    return made


def test_the_list_has_each_module_with_its_files(project):
    assert project.plan("--plan", PATH="/nowhere") == {
        "is_configured": True, "modules": [
            {"name": "pkg.fast", "is_named": False,
             "sources": ["pkg/fast.c"],
             "headers": ["pkg/own.h", "pkg/deep/far.h"]},
            {"name": "raw", "is_named": False, "sources": ["raw.c"],
             "headers": []}]}


def test_a_folder_that_is_reached_through_a_link_gives_the_same(project,
                                                                tmp_path):
    plain = project.plan("--plan")
    (tmp_path / "link").symlink_to(project.folder)
    project.folder = tmp_path / "link"
    assert project.plan("--plan", PWD=str(project.folder)) == plain


def test_headers_of_a_virtual_environment_are_another_packages(project):
    (project.folder / ".venv" / "include").mkdir(parents=True)
    (project.folder / ".venv" / "pyvenv.cfg").write_text("")
    (project.folder / ".venv" / "include" / "api.h").write_text("")
    project.write(pyproject_toml='[tool.cowbird.modules.raw]\n'
                                 'sources = ["raw.c"]\n'
                                 'include-dirs = [".venv/include"]\n',
                  raw_c="#include <api.h>\n" + RAW)
    raw, = [m for m in project.plan("--plan")["modules"]
            if m["name"] == "raw"]
    assert (raw["headers"], raw["is_named"]) == ([], True)


def test_the_plan_says_how_each_module_is_compiled(project):
    project.write(pyproject_toml='[tool.cowbird.modules."pkg.fast"]\n'
                                 'sources = ["pkg/fast.c"]\nstd = "c11"\n'
                                 'include-dirs = ["include"]\n'
                                 'cflags = "-DA=1 -DB"\nldflags = "-s"\n'
                                 'libraries = "m"\n')
    plain, raw = project.plan("--plan=out")["modules"]
    binding = "out/pkg.fast.binding.c"
    made = plain["extension"]
    assert made["sources"] == ["pkg/fast.c", binding]
    assert (project.folder / binding).read_text().startswith(
        "/* The Python module 'pkg.fast'")
    expanded = subprocess.run(
        [project.program, "expand", "pkg/fast.c"], cwd=project.folder,
        stdout=subprocess.PIPE, text=True, check=True)
    assert (project.folder / binding).read_text() == expanded.stdout
    assert made["depends"] == plain["headers"]
    assert made["include_dirs"][0] == "include"
    assert os.path.exists(made["include_dirs"][1] + "/cowbird.h")
    assert made["extra_compile_args"][-3:] == ["-std=c11", "-DA=1", "-DB"]
    assert "-fvisibility=hidden" in made["extra_compile_args"]
    assert made["extra_link_args"] == ["-Wl,-Bsymbolic", "-s", "-lm"]
    assert plain["stub"] == "out/pkg.fast.pyi"
    assert plain["stub_place"] == "pkg/fast.pyi"
    assert raw["stub"] is None
    assert "-fvisibility=hidden" not in raw["extension"]["extra_compile_args"]
    assert raw["extension"]["language"] is None


def test_without_the_table_nothing_is_looked_at(project):
    project.write(pyproject_toml="[tool.other]\n", raw_py="")
    done = project.run("--plan")
    assert json.loads(done.stdout) == {"is_configured": False, "modules": []}
    assert (done.returncode, done.stderr) == (0, "")


def test_what_cannot_be_bound_gives_no_plan(project):
    project.write(pkg__fast_c="#include <cowbird.h>\nint f(int a, ...);\n"
                              "int f(int a, ...) { return a; }\n")
    done = project.run("--plan=out")
    assert (done.returncode, done.stdout) == (1, "")
    assert "pkg/fast.c:3:5: error: 'f' cannot be called" in done.stderr
    assert done.stderr.endswith("error: 1 of 2 modules did not build\n")


def test_a_plan_can_be_of_some_modules(project):
    project.write(pkg__fast_c="#include <cowbird.h>\nnothing C;\n")
    names = [m["name"] for m in project.plan(
        "--plan=out", "--module=raw", "--module=none")["modules"]]
    assert names == ["raw"]
    done = project.run("--module=raw")
    assert done.returncode == 2
    assert "error: --module goes with --plan" in done.stderr


def test_a_source_outside_the_project_gives_none(project, tmp_path):
    (tmp_path / "far.c").write_text(RAW.replace("raw", "far"))
    project.write(pyproject_toml='[tool.cowbird.modules.far]\n'
                                 'sources = ["../far.c"]\n')
    done = project.run("--plan")
    assert (done.returncode, done.stdout) == (2, "")
    assert "module 'far' comes from " in done.stderr
