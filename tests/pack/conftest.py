"""The wheel of ours, built once for each file of tests, and what a user's
project is built with."""
import pathlib

import pytest

from packing import ROOT, attempt, make_venv, pip, write


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Objects that the wheel and the editable install share."""
    return "build-dir=%s" % tmp_path_factory.mktemp("build")


@pytest.fixture(scope="session")
def wheel(build, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "-C", build, "-w", folder, ROOT)
    return next(folder.glob("cowbird-*.whl"))


class Workshop:
    """An environment with setuptools and cowbird, as a user's has."""

    def __init__(self, python, folder, wheel, wheels):
        self.python = make_venv(python, folder)
        self.finds = ["--find-links", wheels, "--find-links", wheel.parent]
        pip("--python", self.python, "install", "--quiet", *self.finds,
            "setuptools", "wheel", "cowbird")

    @property
    def program(self):
        return str(self.python.parent / "cowbird")

    def build(self, kind, project, **environment):
        """What pip calls for: (status, all that was said)."""
        return attempt(
            self.python, "-c", "from setuptools.build_meta import build_%s; "
            "build_%s('../out')" % (kind, kind), cwd=project, **environment)

    def wheel(self, project, **environment):
        """There is one at the end."""
        status, said = self.build("wheel", project, **environment)
        assert status == 0, said
        return next((project.parent / "out").glob("*.whl"))

    def refuse(self, project, **environment):
        """What is said where no wheel can be built."""
        status, said = self.build("wheel", project, **environment)
        assert status != 0, said
        assert not list(project.parent.glob("out/*.whl"))
        return said

    def sdist(self, project, **environment):
        status, said = self.build("sdist", project, **environment)
        assert status == 0, said
        return next((project.parent / "out").glob("*.tar.gz"))

    def install(self, inside, *words):
        pip("--python", inside, "install", "--quiet", "--no-deps", *words)


@pytest.fixture(scope="session")
def workshop(python, wheel, release_python, tmp_path_factory):
    return Workshop(python, tmp_path_factory.mktemp("workshop") / "venv",
                    wheel, pathlib.Path(release_python).parents[1] / "wheels")


PYPROJECT = """\
[build-system]
requires = ["setuptools>=64", "cowbird"]
build-backend = "setuptools.build_meta"

[project]
name = "bird-song"
version = "1.2"

[tool.setuptools]
packages = ["song"]

[tool.cowbird]
%s
"""

STATS = """\
#include <cowbird.h>
#include "scale.h"

double
mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return n == 0 ? 0 : SCALE * sum / n;
}
"""


@pytest.fixture
def project(tmp_path):
    """A package with one plain module, and words for [tool.cowbird]."""
    def make(settings="", **more):
        files = {"pyproject.toml": PYPROJECT % settings,
                 "song/__init__.py": "",
                 "song/stats.c": STATS,
                 "song/scale.h": "#define SCALE 1\n"}
        files.update(more)
        return write(tmp_path / "project", files)
    return make
