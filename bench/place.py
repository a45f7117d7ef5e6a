"""Place: what a measurement runs with and where: the built program, the
interpreters, folders of its own, and how each measuring program is started.

Every one of them takes the same options; `--full` is how the figures of
README.md were made.
"""
import argparse
import contextlib
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent
APPS = HERE / "apps"


def options(description):
    # Whoever stops a measurement must not leave its session behind.
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(1))
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--program", default=os.environ.get("COWBIRD_PROGRAM") or str(
            REPOSITORY / "build/release/cli/cowbird"),
        help="the cowbird to measure (default: build/release/cli/cowbird)")
    parser.add_argument(
        "--python", default=default_python(),
        help="the interpreter that apps run on (default: the frameworks' "
             "environment, else this one)")
    parser.add_argument("--full", action="store_true",
                        help="as many rounds as the figures in README.md")
    return parser


def default_python():
    home = pathlib.Path(os.environ.get("COWBIRD_DEV_DIR")
                        or REPOSITORY / ".cowbird-dev")
    frameworks = home / "frameworks" / "bin" / "python"
    return str(frameworks) if frameworks.exists() else sys.executable


def has(python, module):
    """Whether that interpreter can import it."""
    return subprocess.run([python, "-c", "import " + module],
                          stderr=subprocess.DEVNULL).returncode == 0


def pythons():
    """One interpreter per ABI, as the tests find them."""
    found = subprocess.run([sys.executable, str(REPOSITORY / "tests/pythons"),
                            "--all"],
                           stdout=subprocess.PIPE, text=True, check=True)
    return found.stdout.split()


def first_line(*words):
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT)
    except OSError:
        return "no " + words[0]
    return done.stdout.splitlines()[0] if done.stdout else words[0]


def describe(program, python):
    """The machine and the versions, for the record."""
    return "%d cores, %s, %s, %s, %s; load before: %s" % (
        os.cpu_count(), platform.system() + " " + platform.release(),
        first_line(python, "-V"), first_line("gcc", "--version"),
        first_line(program, "version"),
        " ".join("%.2f" % one for one in os.getloadavg()))


@contextlib.contextmanager
def folder():
    """A project folder, and an environment in which nothing of the user's
    (cache, settings, sessions) plays a part. Both go away afterwards."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="cbb-"))
    project, runtime = home / "project", home / "run"
    project.mkdir()
    runtime.mkdir(mode=0o700)
    environment = {name: value for name, value in os.environ.items()
                   if name == "COWBIRD_TCC" or not name.startswith(
                       ("COWBIRD_", "CC", "CFLAGS", "CPPFLAGS", "LDFLAGS",
                        "PYTHON"))}
    environment.update(HOME=str(home), XDG_RUNTIME_DIR=str(runtime),
                       XDG_CONFIG_HOME=str(home / "config"),
                       COWBIRD_CACHE_DIR=str(home / "cache"))
    try:
        yield project, environment
    finally:
        shutil.rmtree(home, ignore_errors=True)
