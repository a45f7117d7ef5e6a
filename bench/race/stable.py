"""Stable: what contestants run from: environments with their packages, made
once below .cowbird-dev, and a project folder each."""
import os
import pathlib
import shutil
import subprocess
import sys

from place import REPOSITORY

HERE = pathlib.Path(__file__).resolve().parent
HOME = pathlib.Path(os.environ.get("COWBIRD_DEV_DIR")
                    or REPOSITORY / ".cowbird-dev").resolve() / "race"
REQUIREMENTS = {"peers": "requirements.txt",
                "robyn": "requirements-robyn.txt"}


class Unready(Exception):
    """It cannot be set up here; the text says why."""


def environment(name, python):
    """The interpreter of an environment, which is made if it is not there
    or was made from other requirements."""
    listed = HERE / REQUIREMENTS[name]
    home, wanted = HOME / name, listed.read_text() + python
    stamp = home / "stamp"
    if not stamp.exists() or stamp.read_text() != wanted:
        print("race: setting up %s" % home, file=sys.stderr, flush=True)
        shutil.rmtree(home, ignore_errors=True)
        said = run([python, "-m", "venv", str(home)]) or run(
            [str(home / "bin/python"), "-m", "pip", "install", "-q",
             "-r", str(listed)])
        if said:
            raise Unready(said)
        stamp.write_text(wanted)
    return home / "bin" / "python"


def own_environment(home, base):
    """A fresh environment that has the packages of `base` as well: what is
    installed into it is seen by nobody else."""
    said = run([str(base), "-m", "venv", "--without-pip", str(home)])
    if said:
        raise Unready(said)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    theirs, ours = (subprocess.run(
        [str(one), "-c", ask], check=True, text=True,
        stdout=subprocess.PIPE).stdout.strip()
        for one in (base, home / "bin/python"))
    (pathlib.Path(ours) / "theirs.pth").write_text(theirs + "\n")
    return home / "bin" / "python"


def run(words):
    """What it said, if it failed."""
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT)
    return done.stdout.strip()[-300:] or "failed" if done.returncode else ""


def lay_out(contestant, project):
    for name, origin in contestant.files.items():
        path = project / name
        path.parent.mkdir(exist_ok=True)
        text = (HERE / "apps" / origin).read_text()
        path.write_text(text.replace("{project}", str(project)))
    (project / "hook.py").write_text(contestant.hook + "\n")


def variables(environment_, python, project, port):
    """The environment variables of a contestant: a home and a folder for
    temporary files of its own; Rust's toolchain stays the user's."""
    user = pathlib.Path.home()
    scratch = project.parent / "tmp"
    scratch.mkdir(exist_ok=True)
    ours = dict(environment_, TMPDIR=str(scratch), RACE_PORT=str(port),
                PYTHONUNBUFFERED="1", VIRTUAL_ENV=str(python.parent.parent),
                PATH="%s:%s" % (python.parent, os.environ["PATH"]))
    ours.setdefault("CARGO_HOME", str(user / ".cargo"))
    ours.setdefault("RUSTUP_HOME", str(user / ".rustup"))
    return ours
