"""Extension modules of an existing project, found from its own setup.py as it
is."""
import json
import os
import subprocess
import textwrap

import pytest

from valued import MODULE


class Project:
    def __init__(self, folder, program, python):
        self.folder, self.program, self.python = folder, program, python
        self.env = dict(os.environ, LC_ALL="C.UTF-8")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def module(self, path, name, value="1", top=""):
        return self.write(path, MODULE % {"name": name, "value": value,
                                          "top": top})

    def run(self, *words, **env):
        return subprocess.run(
            [self.program, *words], cwd=self.folder,
            env=dict(self.env, **env), stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)

    def build(self, **env):
        """(status, {name: module}, what was said)."""
        done = self.run("build", "--json", "--python", self.python, **env)
        assert done.stdout, done.stderr
        result = json.loads(done.stdout)
        return (done.returncode, {module["name"]: module
                                  for module in result["modules"]},
                result["warnings"], done.stderr)

    def value(self, name):
        self.write("ask.py", "import importlib, sys\n"
                   "print(importlib.import_module(sys.argv[1]).value())\n")
        done = self.run("run", "-q", "ask.py", name, "--compile-path=.",
                        "--python", self.python)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)


@pytest.fixture
def project(tmp_path, program, release_python):
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, program, release_python)


def test_every_setting_of_an_extension_reaches_the_compiler(project):
    project.write("include/base.h", "#define BASE 1000\n")
    project.write("extra/own.h", "#define OWN 70000\n")
    project.write("native/util.c", "int util(void) { return 20; }\n")
    project.module(
        "native/front.c", "_front", top='#include "base.h"\n#include "own.h"\n'
        "#include <math.h>\n#include <string.h>\nint util(void);\n#ifdef GONE\n"
        "#error defined\n#endif\n#ifndef BARE\n#error undefined\n#endif\n"
        "#ifndef NDEBUG\n#error as wheels are built\n#endif\n",
        value='BASE + OWN + util() + ONE + (strcmp(WORD, "a b") ? 0 : 300) '
              '+ (long)sqrt((double)util() * 5)')
    project.write("setup.py", """\
        from setuptools import setup, Extension
        setup(name="shop", ext_modules=[Extension(
            "shop._front", ["native/util.c", "native/front.c"],
            include_dirs=["include"], language="c",
            define_macros=[("ONE", "1"), ("BARE", None), ("GONE", None),
                           ("WORD", '"a b"')],
            undef_macros=["GONE"], libraries=["m"], library_dirs=["lib"],
            extra_compile_args=["-Iextra"], extra_link_args=["-Wl,-O1"])])
        """)
    status, modules, warnings, said = project.build()
    assert (status, list(modules), warnings) == (0, ["shop._front"], []), said
    assert modules["shop._front"]["source"].endswith("native/front.c")
    project.write("shop/__init__.py", "")
    assert project.value("shop._front") == 71000 + 20 + 1 + 300 + 10


def test_what_a_build_ext_of_its_own_adds_reaches_the_compiler(project):
    project.write("vendor/base.h", "#define BASE 1000\n")
    project.write("vendor/own.h", "#define OWN 70000\n")
    project.write("vendor/util.c", "int util(void) { return 20; }\n")
    project.module("fast.c", "fast", value="BASE + OWN + util() + TRIED + AT",
                   top='#include "base.h"\n#include "own.h"\n'
                       "int util(void);\n")
    project.write("setup.py", """\
        import os, tempfile
        from setuptools import setup, Extension
        from setuptools.command.build_ext import build_ext
        class own(build_ext):
            def finalize_options(self):
                super().finalize_options()
                for one in self.extensions:
                    one.define_macros.append(("AT", "3"))
            def run(self):
                self.include_dirs.append(os.path.abspath("vendor"))
                super().run()
            def build_extensions(self):
                with tempfile.TemporaryDirectory() as folder:
                    path = os.path.join(folder, "trial.c")
                    with open(path, "w") as file:
                        file.write("int trial;")
                    self.compiler.compile([path])
                self.compiler.define_macro("TRIED", "500")
                super().build_extensions()
            def build_extension(self, one):
                one.sources.append("vendor/util.c")
                super().build_extension(one)
        setup(name="fast", version="1", cmdclass={"build_ext": own},
              ext_modules=[Extension("fast", ["fast.c"])])
        """)
    before = sorted(project.folder.rglob("*"))
    status, modules, warnings, said = project.build()
    assert (status, list(modules), warnings) == (0, ["fast"], []), said
    left = set(project.folder.rglob("*")) - set(before)
    assert {path.name for path in left} <= {"compile_commands.json"}
    assert project.value("fast") == 71000 + 20 + 500 + 3


def test_a_build_ext_of_its_own_is_followed_without_a_version(project):
    project.module("fast.c", "fast", value="TOLD")
    project.write("setup.py", """\
        import subprocess
        from setuptools import setup, Extension
        from setuptools.command.build_ext import build_ext
        class own(build_ext):
            def finalize_options(self):
                super().finalize_options()
                if self.distribution.metadata.version is None:
                    subprocess.run(["git", "describe"])
                for one in self.extensions:
                    one.define_macros.append(("TOLD", "7"))
        setup(name="fast", cmdclass={"build_ext": own},
              ext_modules=[Extension("fast", ["fast.c"])])
        """)
    status, modules, warnings, said = project.build()
    assert (status, list(modules), warnings) == (0, ["fast"], []), said
    assert project.value("fast") == 7


def test_every_extension_is_linked_with_the_libraries_of_its_project(project):
    project.write("lib/util.c", "int util(void) { return OF_LIB + FLAG; }\n")
    project.write("lib/inc/util.h", "int util(void);\n")
    for name in "one", "two":
        project.module(name + ".c", name, value="util()",
                       top='#include "util.h"\n')
    project.write("setup.py", """\
        from setuptools import setup, Extension
        setup(name="shop", version="1", libraries=[("util", {
                  "sources": ["lib/util.c"], "include_dirs": ["lib/inc"],
                  "macros": [("OF_LIB", "40")], "cflags": ["-DFLAG=2"]})],
              ext_modules=[Extension("one", ["one.c"], libraries=["util"]),
                           Extension("two", ["two.c"])])
        """)
    status, modules, warnings, said = project.build()
    assert (status, sorted(modules), warnings) == (0, ["one", "two"], []), said
    assert (project.value("one"), project.value("two")) == (42, 42)


def test_its_files_are_claimed_and_what_is_left_has_its_own_name(project):
    project.module("src/pkg/_fast.c", "_fast")
    project.write("src/pkg/__init__.py", "")
    project.module("other.c", "other")
    project.write("setup.py", """\
        from distutils.core import setup
        import setuptools
        setup(name="pkg", package_dir={"": "src"}, packages=["pkg"],
              ext_modules=[setuptools.Extension("pkg._renamed",
                                                ["src/pkg/_fast.c"],
              define_macros=[("PyInit__fast", "PyInit__renamed")])])
        """)
    status, modules, _, said = project.build()
    assert (status, sorted(modules)) == (0, ["other", "pkg._renamed"]), said


def test_nothing_of_the_project_is_built_or_written(project):
    project.module("fast.c", "fast")
    project.write("helper.py", "NAMES = ['fast.c']\n")
    project.write("setup.py", """\
        import sys
        print("{not json")
        from setuptools import setup, Extension
        from setuptools.command.build_ext import build_ext
        from helper import NAMES
        class own(build_ext):
            def __init__(self, *words):
                open("built", "w").close()
        if "build_ext" in sys.argv:
            setup(name="fast", version="1", setup_requires=["no-such-thing"],
                  cmdclass={"build_ext": own},
                  ext_modules=[Extension("fast", NAMES)])
        open("after", "w").close()
        """)
    before = sorted(project.folder.rglob("*"))
    status, modules, warnings, said = project.build()
    assert (status, list(modules)) == (0, ["fast"]), said
    assert ["it writes built" in warning for warning in warnings] == [True]
    left = set(project.folder.rglob("*")) - set(before)
    assert {path.name for path in left} <= {"compile_commands.json"}


def test_the_c_that_cython_made_is_taken_whether_it_is_there_or_not(project):
    project.module("pkg/_one.c", "_one")
    project.write("pkg/_one.pyx", "def value():\n    return 1\n")
    project.write("pkg/_two.pyx", "def value():\n    return 2\n")
    project.write("pkg/__init__.py", "")
    project.write("setup.py", """\
        from setuptools import setup
        from Cython.Build import cythonize
        setup(name="pkg", ext_modules=cythonize("pkg/*.pyx", nthreads=2,
              compiler_directives={"language_level": 3}))
        """)
    status, modules, warnings, said = project.build()
    assert (status, list(modules)) == (0, ["pkg._one"]), said
    assert warnings == [
        "module 'pkg._two' is left alone: pkg/_two.pyx has no C beside it "
        "(cython pkg/_two.pyx writes it)"]


def test_extensions_of_pyproject_and_settings_of_setup_cfg_are_read(project):
    project.module("a/fast.c", "fast", value="ONE + TWO + FAR",
                   top='#include "far.h"\n')
    project.write("far/far.h", "#define FAR 4\n")
    project.write("pyproject.toml", """\
        [project]
        name = "fast"
        [[tool.setuptools.ext-modules]]
        name = "fast"
        sources = ["a/fast.c"]
        define-macros = [["ONE", "1"]]
        """)
    project.write("setup.cfg", "[build_ext]\ndefine = TWO=2\n"
                  "include-dirs = far\n")
    status, modules, warnings, said = project.build()
    assert (status, list(modules), warnings) == (0, ["fast"], []), said
    assert project.value("fast") == 7


def test_a_table_of_ours_wins_over_setup_py(project):
    project.module("fast.c", "fast", value="WHICH")
    project.write("setup.py", """\
        from setuptools import setup, Extension
        setup(ext_modules=[Extension("fast", ["fast.c"],
                                     define_macros=[("WHICH", "1")])])
        """)
    project.write("pyproject.toml", """\
        [tool.cowbird.modules.fast]
        sources = ["fast.c"]
        cflags = ["-DWHICH=2"]
        """)
    assert project.value("fast") == 2


def test_an_answer_is_kept_until_what_it_stands_on_changes(project):
    project.module("fast.c", "fast", value="WHICH")
    counter = project.folder.parent / "runs"
    project.write("more.py", "WHICH = 1\n")
    project.write("setup.py", """\
        import glob
        from setuptools import setup, Extension
        from more import WHICH
        open(%r, "a").write("x")
        setup(ext_modules=[Extension("fast", sorted(glob.glob("*.c")),
                                     define_macros=[("WHICH", WHICH)])])
        """ % str(counter))
    runs = lambda: len(counter.read_text())  # noqa: E731
    assert project.value("fast") == 1 and runs() == 1
    assert project.value("fast") == 1 and runs() == 1
    project.write("more.py", "WHICH = 2\n")
    assert project.value("fast") == 2 and runs() == 2
    project.write("part.c", "int part(void) { return 5; }\n")
    assert project.value("fast") == 2 and runs() == 3


def test_a_setup_py_that_is_none_is_never_run(project):
    project.module("fast.c", "fast")
    project.write("setup.py", "open('was-run', 'w').close()\n")
    status, modules, warnings, said = project.build()
    assert (status, list(modules), warnings) == (0, ["fast"], [])
    assert not (project.folder / "was-run").exists()


def test_the_projects_own_wheel_asks_nothing_twice(project):
    # `build --plan` runs inside a build of setuptools': its setup.py is not
    # started again, or builds would not end.
    project.module("fast.c", "fast")
    project.write("pyproject.toml", "[tool.cowbird]\n")
    project.write("setup.py", """\
        from setuptools import setup, Extension
        open("was-run", "w").close()
        setup(ext_modules=[Extension("fast", ["fast.c"])])
        """)
    done = project.run("build", "--plan", "--python", project.python)
    assert done.returncode == 0, done.stderr
    assert not (project.folder / "was-run").exists()


@pytest.fixture
def many(project, tmp_path):
    """Two sources; `compiled` tells which cc was asked for."""
    project.write("front.h", "int part(void);\n")
    project.module("front.c", "front", value="part()",
                   top='#include "front.h"\n')
    project.write("part.c", '#include "front.h"\n'
                  "int part(void) { int unused; return 1; }\n")
    project.write("pyproject.toml", "[tool.cowbird.modules.front]\n"
                  'sources = ["front.c", "part.c"]\n')
    log = tmp_path / "log"
    cc = tmp_path / "own-cc"
    cc.write_text('#!/bin/sh\necho "$*" >> %s\nexec cc "$@"\n' % log)
    cc.chmod(0o755)

    def compiled():
        log.write_text("")
        done = project.run("build", "--python", project.python,
                           "--cc=%s" % cc)
        assert done.returncode == 0, done.stderr
        assert "unused variable" in done.stderr
        return [name for name in ("front.c", "part.c")
                if " -c " in log.read_text() and "/" + name + "\n"
                in log.read_text()]
    return compiled


def test_a_save_of_one_source_compiles_that_one_alone(project, many):
    assert many() == ["front.c", "part.c"]
    project.write("part.c", '#include "front.h"\n'
                  "int part(void) { int unused; return 2; }\n")
    assert many() == ["part.c"]
    assert project.value("front") == 2
    project.module("front.c", "front", value="part() + 40",
                   top='#include "front.h"\n')
    assert many() == ["front.c"]
    assert project.value("front") == 42


def test_a_header_compiles_every_source_that_reads_it(project, many):
    assert many() == ["front.c", "part.c"]
    project.write("front.h", "int part(void);\n#define MORE 1\n")
    assert many() == ["front.c", "part.c"]
