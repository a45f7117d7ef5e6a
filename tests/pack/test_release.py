"""A project with [tool.cowbird] builds into an ordinary wheel."""
import email
import shutil
import sysconfig
import zipfile

import pytest

from packing import ROOT, attempt, make_venv, names_in, pip, run, write

pytestmark = pytest.mark.timeout(900)  # cowbird itself is built first

USE = ("import array, sys, song.stats as m; "
       "print(m.mean(array.array('d', [1, 2, 6])), m.mean.__doc__ is not None,"
       " [n for n in sys.modules if 'cowbird' in n])")


def suffix_of(python):
    return run(python, "-c", "import sysconfig; "
               "print(sysconfig.get_config_var('EXT_SUFFIX'))").strip()


def text_in(wheel, end):
    with zipfile.ZipFile(wheel) as archive:
        name, = [n for n in archive.namelist() if n.endswith(end)]
        return archive.read(name).decode()


@pytest.fixture
def clean(python, tmp_path):
    """An environment that has never heard of cowbird."""
    return make_venv(python, tmp_path / "clean")


def test_the_wheel_holds_the_module_its_stub_and_nothing_else(
        workshop, project, clean):
    wheel = workshop.wheel(project())
    suffix = suffix_of(clean)
    assert [n for n in names_in(wheel) if "dist-info" not in n] == [
        "song/__init__.py", "song/py.typed", "song/stats" + suffix,
        "song/stats.pyi"]
    assert "def mean(" in text_in(wheel, "stats.pyi")
    metadata = email.message_from_string(text_in(wheel, "METADATA"))
    assert metadata.get_all("Requires-Dist") is None
    workshop.install(clean, wheel)
    assert run(clean, "-c", USE) == "3.0 True []\n"


def test_a_wheel_is_for_the_python_that_built_it(wheel, project, any_python,
                                                 release_python, tmp_path,
                                                 workshop):
    inside = make_venv(any_python, tmp_path / "any")
    pip("--python", inside, "install", "--quiet", *workshop.finds,
        "setuptools", "wheel", "cowbird")
    folder = project()
    pip("--python", inside, "wheel", "--quiet", "--no-deps",
        "--no-build-isolation", "-w", folder.parent / "out", folder)
    built = next((folder.parent / "out").glob("*.whl"))
    version = run(inside, "-c", "import sys; "
                  "print('%d%d' % sys.version_info[:2])").strip()
    tag = "cp%s-cp%s" % (version, version)
    platform = sysconfig.get_platform().replace("-", "_")
    assert built.name == "bird_song-1.2-%s-%s.whl" % (tag, platform)
    clean = make_venv(any_python, tmp_path / "clean")
    workshop.install(clean, built)
    assert run(clean, "-c", USE) == "3.0 True []\n"


def test_pip_builds_it_in_isolation(workshop, project, python, clean):
    """cowbird, setuptools and libclang are where pip puts them for a build,
    and nowhere else."""
    folder = project()
    pip("wheel", "--quiet", *workshop.finds, "-w", folder.parent / "out",
        folder, python=python, COWBIRD_LIBCLANG="")
    workshop.install(clean, next((folder.parent / "out").glob("bird*.whl")))
    assert run(clean, "-c", USE) == "3.0 True []\n"


def test_the_oldest_setuptools_will_do(workshop, project, pythons, tmp_path):
    ask = "import sys; print(sys.version_info < (3, 12))"
    old = [p for p in pythons if run(p, "-c", ask) == "True\n"]
    if not old:
        pytest.skip("setuptools 64 needs a Python before 3.12")
    inside = make_venv(old[0], tmp_path / "old")
    pip("--python", inside, "install", "--quiet", *workshop.finds,
        "setuptools==64.0.0", "wheel", "cowbird")
    folder = project()
    pip("--python", inside, "wheel", "--quiet", "--no-deps",
        "--no-build-isolation", "-w", folder.parent / "out", folder)
    pip("--python", inside, "install", "--quiet", "--no-deps",
        "--no-build-isolation", "-e", folder)
    assert run(inside, "-c", USE) == "3.0 True []\n"
    names = names_in(next((folder.parent / "out").glob("bird*.whl")))
    assert "song/stats.pyi" in names and "song/stats.c" not in names


def test_the_source_distribution_builds_in_isolation(workshop, project,
                                                     release_python, clean):
    """`python -m build`: the second half knows only the archive, and finds
    libclang beside cowbird in an environment made for it."""
    folder = project(**{"song/other.h": "not included\n",
                        "include/deep.h": "#define DEEP\n",
                        "song/scale.h": '#define SCALE 1\n'
                                        '#include "deep.h"\n'},
                     settings='[tool.cowbird.modules."song.stats"]\n'
                              'sources = ["song/stats.c"]\n'
                              'include-dirs = ["include"]\n')
    run(release_python, "-m", "build", "-o", folder.parent / "out", folder,
        PIP_NO_INDEX="1", COWBIRD_LIBCLANG="",
        PIP_FIND_LINKS=" ".join(map(str, workshop.finds[1::2])))
    archive = next((folder.parent / "out").glob("*.tar.gz"))
    names = [n for n in names_in(archive) if ".egg-info/" not in n]
    assert names == ["PKG-INFO", "include/deep.h", "pyproject.toml",
                     "setup.cfg", "song/__init__.py", "song/scale.h",
                     "song/stats.c"]
    built = next((folder.parent / "out").glob("*.whl"))
    assert not [n for n in names_in(built) if n.endswith((".c", ".h"))]
    workshop.install(clean, built)
    assert run(clean, "-c", USE) == "3.0 True []\n"


def test_a_source_distribution_needs_no_compiler_and_no_library(workshop,
                                                                project):
    folder = project('[tool.cowbird.modules."song.stats"]\n'
                     'sources = ["song/stats.c"]\n'
                     'pkg-config = ["no-such-library"]\n')
    archive = workshop.sdist(folder, PATH="/nowhere")
    assert "song/stats.c" in names_in(archive)
    said = workshop.refuse(folder)
    assert "pkg-config for module song.stats: " in said
    assert "no-such-library" in said


def test_settings_of_a_module_are_honoured(workshop, project, clean):
    source = ('#include <cowbird.h>\n#include <deep.h>\n'
              'double sin(double);\nint answer(void) { return ANSWER; }\n'
              'double other(double x);\n'
              'double both(double x) { return sin(x) + other(x); }\n')
    folder = project('[tool.cowbird.modules."song.fast"]\n'
                     'sources = ["native/*.c"]\ninclude-dirs = ["include"]\n'
                     'cflags = "-DANSWER=THE_ANSWER"\nlibraries = ["m"]\n'
                     'std = "c11"\n',
                     **{"native/fast.c": source,
                        "native/other.c": "double other(double x)"
                                          "{ return x; }\n",
                        "include/deep.h": "#define THE_ANSWER 42\n"})
    workshop.install(clean, workshop.wheel(folder))
    assert run(clean, "-c", "import song.fast as m; "
               "print(m.answer(), m.both(0))") == "42 0.0\n"


def test_raw_and_cxx_modules_are_built_too(workshop, project, clean):
    init = ('#include <Python.h>\n%s\nstatic PyModuleDef definition = '
            '{PyModuleDef_HEAD_INIT, "m", %s, 0, NULL};\n'
            '%s PyInit_%s(void) { return PyModuleDef_Init(&definition); }\n')
    folder = project(**{
        # an init that is not declared as the API would have it
        "song/bare.c": init % ("", '"bare"', "PyObject *", "bare"),
        "song/plus.cpp": init % (
            "#include <string>\nstatic std::string text(20, 'x');",
            "text.c_str()", "PyMODINIT_FUNC", "plus")})
    workshop.install(clean, workshop.wheel(folder))
    assert run(clean, "-c", "import song.bare, song.plus; "
               "print(song.bare.__doc__, song.plus.__doc__)") == (
                   "bare %s\n" % ("x" * 20))


def test_a_module_without_a_package_is_one_beside_app_py(workshop, tmp_path,
                                                         clean):
    folder = write(tmp_path / "flat", {
        "pyproject.toml": '[build-system]\n'
                          'requires = ["setuptools>=64", "cowbird"]\n'
                          'build-backend = "setuptools.build_meta"\n'
                          '[project]\nname = "flat"\nversion = "1"\n'
                          '[tool.cowbird]\n',
        "app.py": "from scoring import one\n",
        "scoring.c": "#include <cowbird.h>\nint one(void) { return 1; }\n"})
    wheel = workshop.wheel(folder)
    names = [n for n in names_in(wheel) if "dist-info" not in n]
    assert names == ["app.py", "scoring" + suffix_of(clean), "scoring.pyi"]
    workshop.install(clean, wheel)
    assert run(clean, "-c", "import app; print(app.one())") == "1\n"


def test_sources_are_in_the_wheel_only_when_asked_for(workshop, project):
    folder = project()
    with open(folder / "pyproject.toml", "a") as file:
        file.write('[tool.setuptools.package-data]\nsong = ["*.h"]\n')
    names = names_in(workshop.wheel(folder))
    assert "song/scale.h" in names and "song/stats.c" not in names


def test_a_stub_of_ones_own_is_kept(workshop, project):
    own = "def mean(x: list[float]) -> float: ...\n"
    wheel = workshop.wheel(project(**{"song/stats.pyi": own}))
    assert text_in(wheel, "stats.pyi") == own


def test_a_stub_that_a_save_has_left_is_written_anew(workshop, project):
    old = "# Written by cowbird 0.0.1 from stats.c\ndef old() -> int: ...\n"
    wheel = workshop.wheel(project(**{"song/stats.pyi": old}))
    assert "def mean(" in text_in(wheel, "stats.pyi")


def test_stubs_can_be_left_out(workshop, project):
    names = names_in(workshop.wheel(project("stubs = false\n")))
    assert not [n for n in names if n.endswith((".pyi", "py.typed"))]


def test_what_a_setup_py_compiles_is_its_own(workshop, project, clean):
    """Once, with its flags, though the file is below a compile path."""
    own = ('#include <Python.h>\nstatic PyModuleDef d = '
           '{PyModuleDef_HEAD_INIT, "old", TEXT, 0, NULL};\n'
           'PyMODINIT_FUNC PyInit_old(void) '
           '{ return PyModuleDef_Init(&d); }\n')
    folder = project(**{
        "song/old.c": own,
        "setup.py": "from setuptools import Extension, setup\n"
                    "setup(ext_modules=[Extension('song.old', "
                    "['./song/old.c'], "
                    "define_macros=[('TEXT', '\"its own\"')])])\n"})
    workshop.install(clean, workshop.wheel(folder))
    said = run(clean, "-c", "import song.old, song.stats; "
               "print(song.old.__doc__, song.stats.mean.__name__)")
    assert said == "its own mean\n"


def test_commands_of_ones_own_are_kept(workshop, project, clean):
    folder = project(**{"own.py": (
        "from setuptools.command.build_py import build_py\n"
        "class own(build_py):\n"
        "    def run(self):\n"
        "        super().run()\n"
        "        open(self.build_lib + '/song/extra.py', 'w').close()\n")})
    with open(folder / "pyproject.toml", "a") as file:
        file.write('[tool.setuptools.cmdclass]\nbuild_py = "own.own"\n')
    workshop.install(clean, workshop.wheel(folder))
    assert run(clean, "-c", "import song.extra; " + USE) == "3.0 True []\n"


def test_a_package_that_the_wheel_has_not_is_left_out_and_named(workshop,
                                                                project):
    folder = project(**{"examples/demo.c": "#include <cowbird.h>\n"
                                           "unknown demo(int a, ...);\n"})
    status, said = workshop.build("wheel", folder)
    assert status == 0, said
    assert ("examples.demo is left out: the wheel has no package 'examples'"
            in said)
    names = names_in(next((folder.parent / "out").glob("*.whl")))
    assert not [n for n in names if "demo" in n]


def test_a_compile_error_is_said_where_it_is(workshop, project):
    said = workshop.refuse(project(**{
        "song/stats.c": "#include <cowbird.h>\nint f(void) { return x; }\n"}))
    assert "stats.c:2:" in said and "error: " in said and "x" in said


def test_the_compiler_is_the_one_that_CC_names(workshop, project):
    said = workshop.refuse(project(), CC="no-such-compiler")
    assert "there is no compiler 'no-such-compiler' (from CC)" in said


def test_CFLAGS_reach_the_compiler(workshop, project, clean):
    folder = project(**{"song/stats.c": "#include <cowbird.h>\n"
                                        "int n(void) { return N; }\n"})
    workshop.install(clean, workshop.wheel(folder, CFLAGS="-DN=7"))
    assert run(clean, "-c", "import song.stats as m; print(m.n())") == "7\n"


def test_what_cannot_be_bound_is_said_where_it_is(workshop, project):
    said = workshop.refuse(project(**{
        "song/stats.c": "#include <cowbird.h>\n"
                        "int f(int a, ...) { return a; }\n"}))
    assert "song/stats.c:2:5: error: 'f' cannot be called from Python" in said
    assert "error: 1 of 1 module did not build" in said
    assert "Traceback" not in said


def test_a_bad_setting_ends_the_build(workshop, project):
    said = workshop.refuse(project("compile-path = 7\n"))
    assert "pyproject.toml:" in said and "'compile-path'" in said
    assert "Traceback" not in said


def test_a_new_flag_is_a_new_build(workshop, project, clean):
    """Though no file is newer than what stands in build/."""
    table = ('[tool.cowbird.modules."song.stats"]\n'
             'sources = ["song/stats.c"]\ncflags = ["-DN=%d"]\n')
    source = "#include <cowbird.h>\nint n(void) { return N; }\n"
    folder = project(table % 1, **{"song/stats.c": source})
    workshop.wheel(folder)
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace("-DN=1", "-DN=2"))
    workshop.install(clean, workshop.wheel(folder))
    assert run(clean, "-c", "import song.stats as m; print(m.n())") == "2\n"


def test_a_project_without_the_table_is_left_alone(workshop, project, clean):
    folder = project()
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(
        text.replace("[tool.cowbird]", "# cowbird"))
    wheel = workshop.wheel(folder)
    assert wheel.name == "bird_song-1.2-py3-none-any.whl"


OLD = ("import sys; sys.modules['setuptools.command.build'] = None; "
       "import setuptools; setuptools.setup(name='any', version='2.0', "
       "script_args=['--version'])")


def test_an_older_setuptools_builds_what_is_not_ours(workshop, tmp_path):
    """cowbird in an environment is no reason for anything to break there."""
    write(tmp_path, {"pyproject.toml": "# cowbird\n"})
    assert run(workshop.python, "-c", OLD, cwd=tmp_path) == "2.0\n"


def test_an_older_setuptools_is_named_for_what_is_ours(workshop, project):
    status, said = attempt(workshop.python, "-c", OLD, cwd=project())
    assert status != 0 and "Traceback" not in said
    assert "[tool.cowbird] needs setuptools 64 or later; this is " in said


def test_a_source_outside_the_project_is_refused(workshop, project,
                                                 tmp_path):
    write(tmp_path / "outside", {"far.c": "#include <cowbird.h>\n"
                                          "int far(void) { return 1; }\n"})
    said = workshop.refuse(project('compile-path = "../outside"\n'))
    assert "module 'far' comes from %s" % (tmp_path / "outside") in said


def test_packages_below_src_are_found_by_themselves(workshop, tmp_path,
                                                    clean):
    """Also one that holds nothing but C."""
    folder = write(tmp_path / "src_layout", {
        "pyproject.toml": '[build-system]\n'
                          'requires = ["setuptools>=64", "cowbird"]\n'
                          'build-backend = "setuptools.build_meta"\n'
                          '[project]\nname = "laid"\nversion = "1"\n'
                          '[tool.cowbird]\n',
        "src/laid/__init__.py": "from laid.deep.fast import one\n",
        "src/laid/deep/fast.c": "#include <cowbird.h>\n"
                                "int one(void) { return 1; }\n"})
    wheel = workshop.wheel(folder)
    workshop.install(clean, wheel)
    assert run(clean, "-c", "import laid; print(laid.one())") == "1\n"
    assert [n for n in names_in(wheel) if "dist-info" not in n] == [
        "laid/__init__.py", "laid/deep/fast" + suffix_of(clean),
        "laid/deep/fast.pyi", "laid/py.typed"]


def test_type_checkers_read_an_installed_wheel(workshop, project, clean,
                                               checker_python, tmp_path):
    workshop.install(clean, workshop.wheel(project()))
    user = write(tmp_path / "user", {
        "good.py": "import array\nfrom song.stats import mean\n"
                   "half: float = mean(array.array('d', [1.0])) / 2\n",
        "bad.py": "from song.stats import mean\nhalf: str = mean(b'')\n"})
    words = ["-m", "mypy", "--strict", "--no-incremental",
             "--python-executable", clean]
    run(checker_python, *words, "good.py", cwd=user)
    status, said = attempt(checker_python, *words, "bad.py", cwd=user)
    assert status == 1 and 'has type "float"' in said, said


def test_the_todo_example_ships(workshop, tmp_path, clean, sqlite):
    folder = shutil.copytree(ROOT / "examples" / "todo_sqlite",
                             tmp_path / "todo_sqlite")
    wheel = workshop.wheel(folder)
    assert [n for n in names_in(wheel) if "dist-info" not in n] == [
        "app.py", "todo" + suffix_of(clean), "todo.pyi"]
    workshop.install(clean, wheel)
    said = run(clean, "-c", "import todo\n"
               "with todo.store_open(':memory:') as s:\n"
               "    print(todo.store_add(s, 'ship it'), todo.store_list(s))")
    assert said == '1 [{"id":1,"title":"ship it","done":false}]\n'
