"""Modules that pybind11, nanobind and Cython have made, as their documentation
has them: each is known for what it is, and its swap is refused unloaded."""
import functools
import subprocess

import pytest

from bed import REFUSED

PYBIND11 = """\
#include <pybind11/pybind11.h>
PYBIND11_MODULE(hot, m) {{ m.def("answer", [] {{ return {value}; }}); }}
"""
NANOBIND = """\
#include "{home}/src/nb_combined.cpp"
NB_MODULE(hot, m) {{ m.def("answer", [] {{ return {value}; }}); }}
"""
CYTHON = """\
def answer():
    return {value}
"""
CXX = ("-O0", "-fvisibility=hidden", "-fno-gnu-unique", "-Wl,--no-as-needed",
       "-lstdc++", "-lgcc_s", "-w", "-std=c++17", "-x", "c++")


@pytest.fixture(scope="session")
def tell(foreign_python):
    return lambda code: subprocess.run(
        [foreign_python, "-c", code], text=True, check=True,
        stdout=subprocess.PIPE).stdout.strip()


def pybind11(tell, folder, value):
    place = tell("import pybind11; print(pybind11.get_include())")
    return PYBIND11.format(value=value), (*CXX, "-I" + place)


def nanobind(tell, folder, value):
    home = tell("import nanobind; print(nanobind.__path__[0])")
    return (NANOBIND.format(value=value, home=home),
            (*CXX, "-I%s/include" % home, "-I%s/ext/robin_map/include" % home))


def cython(tell, folder, value):
    (folder / "hot.pyx").write_text(CYTHON.format(value=value))
    tell("import sys; from Cython.Compiler.Main import compile as c; "
         "done = c(%r, language_level=3, output_file=%r); "
         "sys.exit(done.num_errors)" % (str(folder / "hot.pyx"),
                                        str(folder / "made.c")))
    return (folder / "made.c").read_text(), ("-O0", "-w")


@pytest.mark.parametrize("kind, make", [("pybind11", pybind11),
                                        ("nanobind", nanobind),
                                        ("Cython", cython)],
                         ids=["pybind11", "nanobind", "cython"])
def test_it_serves_and_a_save_says_that_it_needs_a_restart(one_bed, tell,
                                                           kind, make):
    bed = one_bed
    generate = functools.partial(make, tell, bed.folder)
    text, flags = generate(1)
    bed.module("hot", text, *flags)
    app, peer = bed.start("hot")
    assert app.ask("hot.answer(), hot.__cowbird__['generation']") == (1, 1)
    text, flags = generate(2)
    done = bed.refuse(peer, bed.order("hot", text, *flags))
    assert done.verdict == REFUSED
    assert done.reason.startswith("restart needed for %s (%s): " % (
        bed.source("hot"), kind))
    assert app.ask("hot.answer()") == 1
