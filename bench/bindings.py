#!/usr/bin/env python3
"""Nanoseconds of a call through a binding: cowbird's, released and in a dev
session, against hand-written ones, nanobind, pybind11, Cython, PyO3, cffi and
ctypes.

Five functions, the same for all, in bindings/; in one process, in turns and
in random order, the empty loop subtracted; medians. Each is built as its own
documentation says, with -O2 (PyO3: a release profile). The packages go into
.cowbird-dev/bindings; who cannot be built is left out and named.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

from figures import table
from place import HERE, REPOSITORY, folder, options
from session import Session

SOURCES = HERE / "bindings"
FUNCTIONS = {"next": "int f(int)", "product": "double f(double, double)",
             "tail": "str -> str", "mean": "buffer(1000) -> double",
             "turned": "struct -> struct"}
NAMES = {"released": "cowbird, released", "plain": "cowbird, dev",
         "hand": "by hand, keywords", "by_place": "by hand, by place",
         "with_nanobind": "nanobind", "with_pybind11": "pybind11",
         "with_cython": "Cython", "with_pyo3": "PyO3", "with_cffi": "cffi",
         "with_ctypes": "ctypes"}


def environment_for(python):
    """An interpreter with the peers' packages, made once."""
    home = pathlib.Path(os.environ.get("COWBIRD_DEV_DIR")
                        or REPOSITORY / ".cowbird-dev") / "bindings"
    wanted = (SOURCES / "requirements.txt").read_text() + python
    stamp = home / "stamp"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([python, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin/python"), "-m", "pip", "install",
                        "-q", "-r", str(SOURCES / "requirements.txt")],
                       check=True)
        stamp.write_text(wanted)
    return str(home / "bin/python")


class Builder:
    """Builds the contestants into one folder."""

    def __init__(self, program, python, place):
        self.program, self.python, self.place = program, python, place
        self.failed = {}
        ask = ("import json, sysconfig as s; print(json.dumps(["
               "s.get_path('include'), s.get_config_var('EXT_SUFFIX')]))")
        self.include, self.suffix = json.loads(self.output("-c", ask))

    def output(self, *words):
        return subprocess.run([self.python, *words], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()

    def run(self, *words, **options):
        subprocess.run([str(word) for word in words], check=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       **options)

    def compile(self, compiler, name, sources, *flags):
        self.run(compiler, "-O2", "-g", "-fPIC", "-shared", "-DNDEBUG",
                 "-fvisibility=hidden", "-Wl,-Bsymbolic", "-I" + self.include,
                 *flags, "-o", self.place / (name + self.suffix), *sources)

    def released(self):
        work = self.place / "work"
        work.mkdir()
        source = work / "released.c"
        shutil.copy(SOURCES / "plain.c", source)
        done = subprocess.run(
            [self.program, "expand", "--python=" + self.python, str(source)],
            cwd=work, check=True, stdout=subprocess.PIPE, text=True)
        binding = work / "binding.c"
        binding.write_text(done.stdout)
        self.compile("gcc", "released", [source, binding],
                     "-I", REPOSITORY / "runtime/include")

    def hand(self):
        self.compile("gcc", "hand", [SOURCES / "hand.c"])

    def by_place(self):
        self.compile("gcc", "by_place", [SOURCES / "hand.c"], "-DBY_PLACE")

    def with_nanobind(self):
        ask = "import nanobind; print(nanobind.__path__[0])"
        home = pathlib.Path(self.output("-c", ask))
        self.compile("g++", "with_nanobind",
                     [SOURCES / "with_nanobind.cpp",
                      home / "src/nb_combined.cpp"],
                     "-std=c++17", "-fno-strict-aliasing",
                     "-I", home / "include",
                     "-I", home / "ext/robin_map/include")

    def with_pybind11(self):
        ask = "import pybind11; print(pybind11.get_include())"
        self.compile("g++", "with_pybind11", [SOURCES / "with_pybind11.cpp"],
                     "-std=c++17", "-flto", "-I", self.output("-c", ask))

    def with_cython(self):
        made = self.place / "with_cython.c"
        self.run(self.python, "-m", "cython", "-o", made,
                 SOURCES / "with_cython.pyx")
        self.compile("gcc", "with_cython", [made])

    def with_pyo3(self):
        home = self.place / "pyo3"
        home.mkdir()
        for name in ("Cargo.toml", "with_pyo3.rs"):
            shutil.copy(SOURCES / name, home)
        self.run("cargo", "build", "--release", "-q", cwd=home,
                 env=dict(os.environ, PYO3_PYTHON=self.python))
        shutil.copy(home / "target/release/libwith_pyo3.so",
                    self.place / ("with_pyo3" + self.suffix))

    def with_cffi(self):
        text = (SOURCES / "functions.h").read_text()
        declared = "".join(line for line in text.splitlines(True)
                           if not line.startswith("#"))
        script = ("import sys, cffi\nffi = cffi.FFI()\n"
                  "ffi.cdef(sys.argv[1])\n"
                  "ffi.set_source('with_cffi', '#include \"functions.h\"', "
                  "sources=[sys.argv[2]], include_dirs=[sys.argv[3], "
                  "sys.argv[4]])\nffi.compile()\n")
        self.run(self.python, "-c", script, declared, SOURCES / "plain.c",
                 SOURCES, REPOSITORY / "runtime/include", cwd=self.place,
                 env=dict(os.environ, CFLAGS="-O2"))

    def with_ctypes(self):
        self.run("gcc", "-O2", "-fPIC", "-shared",
                 "-I", REPOSITORY / "runtime/include",
                 "-o", self.place / "libfunctions.so", SOURCES / "plain.c")

    def all(self):
        for name in NAMES:
            if name == "plain":
                continue
            try:
                getattr(self, name)()
            except (subprocess.CalledProcessError, OSError) as error:
                words = getattr(error, "stdout", None) or str(error)
                words = words.decode() if isinstance(words, bytes) else words
                self.failed[name] = words.strip()[-300:]


def one_run(o, python, rounds, calls):
    with folder() as (project, environment):
        place = project.parent / "extensions"
        place.mkdir()
        builder = Builder(o.program, python, place)
        builder.all()
        shutil.copy(SOURCES / "plain.c", project)
        shutil.copy(SOURCES / "rounds.py", project)
        result = project.parent / "result.json"
        with Session(o.program, python, project, environment,
                     ["rounds.py", str(place), str(result), str(rounds),
                      str(calls)], ["--cc=gcc"]) as session:
            session.await_file(str(result))
        return json.loads(result.read_text()), builder.failed


def rows_of(took, names):
    median = {(name, function): statistics.median(some)
              for name, function, some in took}
    for name in names:
        if (name, "next") in median:
            yield [NAMES[name],
                   *("%.1f (%.2f)" % (median[name, function],
                                      median[name, function]
                                      / median["hand", function])
                     for function in FUNCTIONS)]


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    o = parser.parse_args(argv)
    rounds, calls = (300, 5000) if o.full else (40, 2000)
    python = environment_for(o.python)
    found, failed = one_run(o, python, rounds, calls)
    for name, why in {**failed, **found["missing"]}.items():
        print("bindings: without %s: %s" % (NAMES[name], why),
              file=sys.stderr)
    print("A call through a binding, ns, and in brackets against the one by "
          "hand with keywords; medians of %d rounds of %d calls\n"
          % (rounds, calls))
    print(table(["binding", *FUNCTIONS.values()],
                list(rows_of(found["took"], NAMES))))


if __name__ == "__main__":
    main()
