"""Wheels and environments, without the network."""
import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def attempt(*words, cwd=None, **environment):
    """(status, all that it said)."""
    done = subprocess.run([str(word) for word in words], cwd=cwd,
                          env=dict(os.environ, **environment), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def run(*words, **keywords):
    status, said = attempt(*words, **keywords)
    assert status == 0, said
    return said


def pip(*words, python=sys.executable, **keywords):
    return run(python, "-m", "pip", "--no-cache-dir", *words,
               PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1",
               PIP_USER="0", **keywords)


def make_venv(python, folder):
    run(python, "-m", "venv", "--without-pip", folder)
    return folder / "bin" / "python"


def site_of(inside):
    """The site-packages of a virtual environment."""
    return pathlib.Path(run(
        inside, "-c", "import sysconfig; "
        "print(sysconfig.get_path('purelib'))").strip())


def names_in(archive):
    if archive.suffix == ".whl":
        return sorted(zipfile.ZipFile(archive).namelist())
    with tarfile.open(archive) as tar:
        return sorted(m.name.partition("/")[2] for m in tar if m.isfile())


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
