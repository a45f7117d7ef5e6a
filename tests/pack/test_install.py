"""The wheel, installed in every way people install, gives a working program.

Built and installed without the network: what the build needs is in the
environment that runs the tests.
"""
import os
import pathlib
import subprocess
import sys

import pytest

from packing import ROOT, make_venv, names_in, pip, run, site_of

pytestmark = pytest.mark.timeout(900)  # the whole program is built


def check_program(program, tmp_path, python, **environment):
    """It finds its package: a template is written, a module is built."""
    project = tmp_path / "project"
    project.mkdir()
    assert run(program, "version", **environment).startswith("cowbird 0.")
    where = dict(environment, PWD=str(project))
    done = subprocess.run(
        [str(program), "new", "scoring"], cwd=project, text=True,
        env=dict(os.environ, **where), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    assert (project / "scoring.c").exists()
    done = subprocess.run(
        [str(program), "run", "--python", str(python), "--", str(python),
         "-c", "import scoring; print(scoring.__name__)"], cwd=project,
        text=True, env=dict(os.environ, **where), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    assert done.stdout == "scoring\n", done.stdout + done.stderr


def test_the_wheel_holds_what_the_program_looks_for(wheel):
    names = names_in(wheel)
    for wanted in ("cowbird.pth", "cowbird/__init__.py",
                   "cowbird/__main__.py", "cowbird/enter.py",
                   "cowbird/runtime/hook.py", "cowbird/runtime/SOURCES",
                   "cowbird/runtime/site/sitecustomize.py",
                   "cowbird/runtime/wire/msg.c"):
        assert wanted in names
    sources = (ROOT / "runtime" / "SOURCES").read_text().split()
    assert {"cowbird/runtime/" + s for s in sources} <= set(names)
    templates = [p.relative_to(ROOT).as_posix()
                 for p in (ROOT / "templates").rglob("*.c")]
    assert templates and {"cowbird/" + t for t in templates} <= set(names)
    assert [n for n in names if n.startswith("cowbird/guest/cpython-")]
    assert not [n for n in names if "__pycache__" in n]


def test_a_virtual_environment_has_the_program(wheel, tmp_path, python):
    inside = make_venv(python, tmp_path / "venv")
    pip("--python", inside, "install", "--quiet", "--no-deps", wheel)
    check_program(inside.parent / "cowbird", tmp_path, inside)
    said = run(inside, "-m", "cowbird", "version")
    assert said == run(inside.parent / "cowbird", "version")


def test_a_link_to_the_program_is_enough(wheel, tmp_path, python):
    """As pipx does it."""
    inside = make_venv(python, tmp_path / "venvs" / "cowbird")
    pip("--python", inside, "install", "--quiet", "--no-deps", wheel)
    (tmp_path / "bin").mkdir()
    link = tmp_path / "bin" / "cowbird"
    link.symlink_to(inside.parent / "cowbird")
    check_program(link, tmp_path, inside)


def test_a_target_folder_has_the_program(wheel, tmp_path, python):
    target = tmp_path / "target"
    pip("install", "--quiet", "--no-deps", "--target", target, wheel)
    check_program(target / "bin" / "cowbird", tmp_path, python)
    said = run(python, "-m", "cowbird", "version", PYTHONPATH=str(target))
    assert said.startswith("cowbird ")


def test_python_m_takes_the_program_of_its_own_installation(wheel, tmp_path,
                                                            python):
    """Not the one in the interpreter's scripts folder: an isolated build is
    a folder on the path of an environment that may have another cowbird."""
    target = tmp_path / "target"
    pip("install", "--quiet", "--no-deps", "--target", target, wheel)
    inside = make_venv(python, tmp_path / "venv")
    other = inside.parent / "cowbird"
    other.write_text("#!/bin/sh\necho another\n")
    other.chmod(0o755)
    said = run(inside, "-m", "cowbird", "version", PYTHONPATH=str(target))
    assert said.startswith("cowbird ")


def test_a_user_folder_has_the_program(wheel, tmp_path, python):
    home = dict(PYTHONUSERBASE=str(tmp_path / "home"))
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--user",
        "--break-system-packages", "--no-warn-script-location", wheel,
        PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1", **home)
    program = tmp_path / "home" / "bin" / "cowbird"
    check_program(program, tmp_path, python, **home)


def test_an_editable_install_has_the_program(build, tmp_path, python):
    inside = make_venv(python, tmp_path / "venv")
    # the build needs what stands beside pytest
    (site_of(inside) / "build.pth").write_text(
        "\n".join(p for p in sys.path if p.endswith("site-packages")))
    pip("--python", inside, "install", "--quiet", "--no-deps",
        "--no-build-isolation", "-C", build, "-e", ROOT)
    check_program(inside.parent / "cowbird", tmp_path, inside)
    said = run(inside, "-m", "cowbird", "version")
    assert said.startswith("cowbird ")


def test_cmake_installs_below_the_prefix_it_is_given(program, tmp_path,
                                                     python):
    build = pathlib.Path(program).parents[1]
    cmake = pathlib.Path(sys.executable).with_name("cmake")
    run(cmake, "--install", build, "--prefix", tmp_path / "prefix")
    check_program(tmp_path / "prefix" / "bin" / "cowbird", tmp_path, python)


@pytest.mark.parametrize("session", [False, True])
def test_the_pth_acts_only_in_a_session(wheel, tmp_path, python, session):
    inside = make_venv(python, tmp_path / "venv")
    pip("--python", inside, "install", "--quiet", "--no-deps", wheel)
    environment = {"COWBIRD_SESSION": str(tmp_path)} if session else {}
    said = run(inside, "-I", "-c", "import sys; "
               "print('_cowbird_hook' in sys.modules)", **environment)
    assert said == "%s\n" % session


def test_the_source_distribution_builds_the_same_wheel(tmp_path):
    run(sys.executable, "-c",
        "import os, sys; os.chdir(sys.argv[1]); "
        "from scikit_build_core.build import build_sdist; "
        "build_sdist(sys.argv[2])", ROOT, tmp_path)
    archive = next(tmp_path.glob("cowbird-*.tar.gz"))
    names = run("tar", "-tzf", archive).split()
    top = archive.name[:-len(".tar.gz")]
    for wanted in ("CMakeLists.txt", "runtime/install.cmake", "Makefile",
                   "cli/main.c", "README.md", "LICENSE"):
        assert "%s/%s" % (top, wanted) in names
    assert not [n for n in names if "/build/" in n or ".cowbird-dev" in n]
