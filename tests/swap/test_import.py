"""How native modules are found and imported, with and without --dev."""
import os
import subprocess

import pytest

import bed as beds
from bed import READY, Raised, returning, stretch


def named(name, value=1):
    return returning(value).replace("PyInit_hot", "PyInit_" + name)


@pytest.fixture
def run_bed(any_python):
    made = beds.Bed(any_python, "no guest", is_dev=False)
    yield made
    made.close()


def test_run_mode_imports_without_guest_thread_or_socket(run_bed):
    run_bed.module("hot", returning(4))
    app = run_bed.app()
    assert app.ask("__import__('hot').answer()") == 4
    app.do("import sys, os, hot, importlib.machinery as machinery")
    assert app.ask("'_cowbird' in sys.modules, hasattr(hot, '__cowbird__'), "
                   "os.listdir('/proc/self/task').__len__(), "
                   "isinstance(hot.__loader__, machinery.ExtensionFileLoader),"
                   "hot.__file__ == hot.__spec__.origin") == (
        False, False, 1, True, True)
    assert app.ask("hot.__file__") == run_bed.modules["hot"][2]


def test_a_spec_says_where_the_module_is_and_a_reload_loads_nothing(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    origin = str(bed.folder / "hot.origin.so")
    app.do("import importlib, importlib.util, sys, inspect")
    assert app.ask("hot.__file__, hot.__spec__.origin, hot.__spec__.name, "
                   "hot.__spec__.has_location, hot.__package__, "
                   "hot.__spec__.cached, inspect.getfile(hot)") == (
        origin, origin, "hot", True, "", None, origin)
    assert app.ask("importlib.util.find_spec('hot').origin") == origin
    assert app.ask("importlib.reload(hot) is hot")
    app.do("importlib.invalidate_caches()")
    app.do("del sys.modules['hot']; import hot as again")
    assert app.ask("again is hot, again.answer() == hot.answer()") == (
        False, True)  # as importlib has it: another module, the same code
    bed.swap(peer, bed.order("hot", returning(2)))
    assert app.ask("again.answer()") == 2


def test_a_native_module_wins_over_python_and_lies_in_packages(bed):
    (bed.folder / "pkg").mkdir()
    (bed.folder / "pkg" / "__init__.py").write_text("here = True\n")
    (bed.folder / "pkg" / "fast.py").write_text("answer = None\n")
    bed.module("pkg.fast", named("fast", 3))
    bed.module("bare.deep.fast", named("fast", 4))
    app = bed.app()
    app.do("import sys; sys.path.append(%r)" % str(bed.folder))
    assert app.ask("__import__('pkg.fast').fast.answer()") == 3
    app.do("sys.path.pop(); from bare.deep import fast")
    assert app.ask("fast.answer(), fast.__name__, fast.__package__, "
                   "fast.answer.__module__") == (
        4, "bare.deep.fast", "bare.deep", "bare.deep.fast")


def test_a_package_outside_the_path_is_found_beside_its_native_module(bed):
    (bed.folder / "pkg").mkdir()
    (bed.folder / "pkg" / "__init__.py").write_text("here = True\n")
    (bed.folder / "pkg" / "other.py").write_text("there = 2\n")
    bed.module("pkg.fast", named("fast", 3))
    app = bed.app()
    app.do("import pkg.fast, pkg.other")
    assert app.ask("pkg.here, pkg.fast.answer(), pkg.other.there") == (
        True, 3, 2)


def test_a_failed_build_is_an_import_error_with_the_compiler_s_words(bed):
    words = "hot.c:3:1: error: what is %this%\n    3 | this\n      | ^"
    bed.failed["hot"] = words
    bed.write()
    app = bed.app()
    app.do("""
try:
    import hot
except ImportError as e:
    seen = (str(e), e.name, e.path, type(e).__name__)
""")
    assert app.ask("seen") == (words, "hot", bed.source("hot"), "ImportError")
    bed.failed = {}
    bed.module("hot", returning(2))
    assert app.ask("__import__('hot').answer()") == 2


def test_an_init_that_raises_at_import_raises_there_and_can_be_repaired(bed):
    bed.module("hot", stretch(
        exec='PyErr_SetString(PyExc_ValueError, "bad"); return -1;'))
    app = bed.app()
    for _ in range(2):
        with pytest.raises(Raised) as caught:
            app.do("import hot")
        assert (caught.value.kind, caught.value.words) == ("ValueError",
                                                           "bad")
    bed.module("hot", returning(5))
    assert app.ask("__import__('hot').answer()") == 5
    peer = bed.accept()
    peer.await_module("hot")
    bed.swap(peer, bed.order("hot", returning(6)))
    assert app.ask("__import__('hot').answer()") == 6


def test_another_python_is_told_how_to_be_served(run_bed):
    run_bed.module("hot", returning(1))
    soabi = run_bed.facts.soabi
    os.rename(run_bed.session / ("manifest." + soabi),
              run_bed.session / "manifest.cpython-37m-x")
    app = run_bed.app()
    with pytest.raises(Raised) as caught:
        app.do("import hot")
    assert (caught.value.kind, caught.value.words) == (
        "ImportError", "hot was built for cpython-37m-x, this is %s: pass "
        "--python %s to cowbird" % (soabi, app.ask(
            "__import__('sys').executable")))
    app.do("import json, colorsys")


def test_another_python_asks_the_session_and_imports_what_it_gets(bed):
    bed.module("hot", returning(7))
    soabi = bed.facts.soabi
    mine = bed.session / ("manifest." + soabi)
    os.rename(mine, bed.session / "manifest.cpython-37m-x")
    app = bed.app()
    app.start("import hot")
    bed.door.settimeout(beds.WAIT_S)
    line, _ = bed.door.accept()
    kind, m = beds.read_frame(line)
    assert (kind, m.text()) == (beds.ABI_ASK, soabi)
    assert os.path.samefile(m.text(), bed.python)
    m.end()
    bed.write()
    beds.send_frame(line, beds.ABI_READY, beds.text(""))
    app.hear()
    line.close()
    assert app.ask("hot.answer()") == 7


def test_a_python_without_native_modules_pays_no_import(bed):
    bed.module("hot", returning(1))
    code = ("import sys; print(sorted(set(sys.modules) & {'json', 'socket', "
            "'struct', 'sysconfig', 'importlib.util', 'atexit_', "
            "'threading', '_cowbird', 'hot'}))")
    env = dict(bed.env, COWBIRD_SESSION=str(bed.session),
               PYTHONPATH=str(beds.RUNTIME / "site"))
    bare = subprocess.run([bed.python, "-c", code], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    ours = subprocess.run([bed.python, "-c", code], env=env, text=True,
                          stdout=subprocess.PIPE, check=True).stdout
    assert ours == bare


def test_the_folder_leaves_the_path_and_the_next_sitecustomize_runs(bed):
    bed.module("hot", returning(1))
    (bed.folder / "sitecustomize.py").write_text(
        "import sys\nsys.next_ran = getattr(sys, 'next_ran', 0) + 1\n")
    env = dict(bed.env, COWBIRD_SESSION=str(bed.session),
               PYTHONPATH=os.pathsep.join((str(beds.RUNTIME / "site"),
                                           str(bed.folder))))
    code = ("import sys, os, sitecustomize; print(sys.next_ran, "
            "sitecustomize.__file__, any('runtime' in p for p in sys.path), "
            "'runtime' in os.environ['PYTHONPATH'], "
            "sum('Finder' == type(f).__name__ for f in sys.meta_path))")

    def ask():
        return subprocess.run([bed.python, "-c", code], env=env, text=True,
                              stdout=subprocess.PIPE, check=True,
                              stderr=subprocess.PIPE)
    assert ask().stdout.split() == [
        "1", str(bed.folder / "sitecustomize.py"), "False", "True", "1"]
    (bed.folder / "sitecustomize.py").write_text("1 / 0\n")
    done = subprocess.run([bed.python, "-c", "import hot; print(hot.answer())"
                           "; import sys; print('sitecustomize' in "
                           "sys.modules)"], env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.stdout.split() == ["1", "False"]
    assert "Error in sitecustomize" in done.stderr


def test_a_subinterpreter_imports_as_cpython_does(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    module = ("_interpreters" if bed.facts.version >= (3, 13)
              else "_xxsubinterpreters")
    legacy = ("'legacy'" if bed.facts.version >= (3, 13)
              else "isolated=False" if bed.facts.version >= (3, 10) else "")
    code = "import hot; assert hot.answer() == 1"
    app.do("import %s as interpreters" % module)
    app.do("i = interpreters.create(%s)" % legacy)
    app.do("interpreters.run_string(i, %r); interpreters.destroy(i)" % code)
    assert peer.prepare(1, [bed.order("hot", returning(2))]).verdict == READY
    peer.commit(1)
    assert app.ask("hot.answer()") == 2


