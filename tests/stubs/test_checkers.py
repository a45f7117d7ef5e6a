"""What mypy, pyright, stubtest and clangd make of what cowbird writes. All of
them are packages: tests/setup checkers."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PLAIN = sorted((HERE.parent / "plain").glob("*.c"))
KINDS = HERE.parent / "plain" / "kinds.c"
USERS = sorted(HERE.glob("use_*.py"))
CHECKED = [*(path.stem + ".pyi" for path in PLAIN),
           *(path.name for path in USERS)]
WRONG = """\
import kinds

kinds.same_i32("1")
kinds.mean(3)
kinds.same_text("a").upper()
kinds.scale(bytearray(8), by=1.0, more=2)
kinds.gone()
"""


@pytest.fixture(scope="module")
def project(program, checker_python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checked")
    for path in [*PLAIN, *USERS]:
        shutil.copy(path, folder)
    subprocess.run([program, "stubs", "--python=" + checker_python],
                   cwd=folder, check=True)
    return folder


def run(folder, *words):
    return subprocess.run([str(word) for word in words], cwd=folder,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600)


def mypy(folder, python, version, *words):
    return run(folder, python, "-m", "mypy", "--strict",
               f"--python-version={version}", f"--cache-dir={folder}/.mypy",
               *words)


def pyright(folder, python, version, *words):
    (folder / "pyrightconfig.json").write_text(json.dumps(
        {"typeCheckingMode": "strict", "pythonVersion": version,
         "reportMissingModuleSource": False}))
    return run(folder, python, "-m", "pyright", "--pythonpath", python,
               *words)


@pytest.mark.parametrize("version", ["3.10", "3.12", "3.14"])
def test_mypy_is_content_with_every_kind(project, checker_python, version):
    done = mypy(project, checker_python, version, *CHECKED)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", ["3.9", "3.12", "3.14"])
def test_pyright_is_content_with_every_kind(project, checker_python, version):
    done = pyright(project, checker_python, version, *CHECKED)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("check", [mypy, pyright])
def test_each_mistake_is_found_at_its_line(project, checker_python, check):
    (project / "wrong.py").write_text(WRONG)
    done = check(project, checker_python, "3.12", "wrong.py")
    lines = {int(line) for line in
             re.findall(r"wrong\.py:(\d+)(?::\d+)?[: -]+error", done.stdout)}
    assert lines == {3, 4, 5, 6, 7}, done.stdout


# What a checker is to know and an older Python does not show (PEP 688), and
# what the engine alone reads.
UNEQUAL = r"""
.*\.__buffer__
.*\.__layout__
"""


def test_stubs_say_what_the_modules_are(program, project, checker_python):
    """stubtest imports each module and compares."""
    (project / "unequal").write_text(UNEQUAL)
    done = run(project, program, "run", "--python=" + checker_python, "-q",
               "--", checker_python, "-m", "mypy.stubtest",
               "--allowlist=unequal", "--ignore-unused-allowlist",
               "--ignore-disjoint-bases",
               *(path.stem for path in PLAIN))
    assert done.returncode == 0, done.stdout


def test_clangd_reads_plain_and_raw_sources(program, project,
                                            checker_python, tmp_path):
    clangd = pathlib.Path(checker_python).parent / "clangd"
    if not clangd.exists():
        pytest.skip("no clangd for this machine")
    shutil.copy(KINDS, tmp_path)
    (tmp_path / "raw.c").write_text(
        "#include <Python.h>\n"
        'static struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "raw"};\n'
        "PyMODINIT_FUNC PyInit_raw(void) { return PyModuleDef_Init(&d); }\n")
    subprocess.run([program, "build", "--python=" + checker_python],
                   cwd=tmp_path, check=True)
    for name in ("kinds.c", "raw.c"):
        done = run(tmp_path, clangd, f"--check={tmp_path / name}",
                   "--check-locations=false",
                   f"--compile-commands-dir={tmp_path}")
        assert done.returncode == 0, done.stdout
        assert "All checks completed, 0 errors" in done.stdout
    os.unlink(tmp_path / "compile_commands.json")
    blind = run(tmp_path, clangd, f"--check={tmp_path / 'raw.c'}",
                "--check-locations=false")
    assert "'Python.h' file not found" in blind.stdout
