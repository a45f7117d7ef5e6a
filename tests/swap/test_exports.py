"""Modules that slots alone define (PyModExport_, CPython 3.15): they are
loaded and swapped as those with multi-phase init are."""
import pytest

from bed import REFUSED, FAILED, returning
from exports import TOKENS, exported
from live import APP, Live

UNLOADS = True


@pytest.fixture
def export_bed(bed):
    if bed.facts.version < (3, 15):
        pytest.skip("PyModExport_ is CPython 3.15's: this is %d.%d"
                    % bed.facts.version)
    return bed


@pytest.mark.parametrize("kind", TOKENS)
def test_functions_and_state_go_along_and_the_module_is_known(export_bed,
                                                              kind):
    bed = export_bed
    bed.module("hot", exported(1, **TOKENS[kind]))
    app, peer = bed.start("hot")
    app.do("from hot import answer, known; Thing = hot.Thing")
    assert app.ask("answer(), known(Thing)") == ((1, 101), (1, 1, 1))
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", exported(n, **TOKENS[kind],
                                                 doc="Gen %d." % n)))
        assert app.ask("answer(), known(Thing)") == ((n, 100 + n), (1, 1, 1))
        assert app.ask("answer is hot.answer, hot.__doc__") == (
            True, "Gen %d." % n)
    peer.await_retired(2)


def test_a_type_made_of_slots_is_the_same_one_with_new_code(export_bed):
    bed = export_bed
    bed.module("hot", exported(1))
    app, peer = bed.start("hot")
    app.do("thing, Thing = hot.Thing(), hot.Thing\n"
           "class Sub(Thing): pass\n"
           "sub = Sub()")
    assert app.ask("thing.value(), repr(thing), len(thing)") == (
        (1, 1), "<thing of 1>", 1)
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", exported(n)))
        assert app.ask("thing.value(), repr(thing), len(thing)") == (
            (n, n), "<thing of %d>" % n, n)
        assert app.ask("sub.value()[0], repr(sub), len(sub)") == (
            n, "<thing of %d>" % n, n)
        assert app.ask("Thing is hot.Thing, type(thing) is Thing") == (
            True, True)
    peer.await_retired(2)


def test_an_init_may_become_a_hook_and_be_one_again(export_bed):
    bed = export_bed
    slots = ("{Py_mod_multiple_interpreters, "
             "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},")
    bed.module("hot", returning(1, slots=slots))
    app, peer = bed.start("hot")
    app.do("from hot import answer")
    bed.swap(peer, bed.order("hot", exported(2)))
    assert app.ask("answer()") == (2, 101)
    assert app.ask("hot.known(hot.Thing)") == (1, 1, 1)
    bed.swap(peer, bed.order("hot", returning(
        3, slots=slots, size="sizeof(State)",
        before="typedef struct { long calls; } State;")))
    assert app.ask("answer()") == 3


def test_the_hook_comes_before_an_init(export_bed):
    export_bed.module("hot", exported(1) + "PyMODINIT_FUNC PyInit_hot(void)"
                      "{ PyErr_SetString(PyExc_OSError, \"not me\");"
                      "  return NULL; }")
    app, _ = export_bed.start("hot")
    assert app.ask("hot.answer()") == (1, 101)


@pytest.mark.parametrize("parts, verdict, words", [
    ({"hook": "return NULL;"}, FAILED,
     "PyModExport_hot in {} returned NULL without an exception"),
    ({"hook": "PyErr_SetString(PyExc_OSError, \"no\"); return NULL;"}, FAILED,
     "OSError: no"),
    ({"exec": "PyErr_SetString(PyExc_OSError, \"no\"); return -1;"}, FAILED,
     "OSError: no"),
    ({"more": "PySlot_DATA(Py_mod_token, NULL),"}, FAILED,
     "the slots that PyModExport_hot in {} returns define no module: one has "
     "no value, or they nest too deep"),
    ({"more": "{.sl_id = 0xfbad},"}, FAILED, "SystemError"),
    ({"more": "PySlot_DATA(Py_mod_gil, Py_MOD_GIL_NOT_USED),"}, REFUSED,
     "Py_mod_gil in {} is not what it was: the interpreter asks for it only "
     "at import; restart the app"),
], ids=["nothing", "raises", "exec raises", "no token", "unknown", "gil"])
def test_what_cannot_be_taken_is_told_and_the_old_serves(
        export_bed, parts, verdict, words):
    bed = export_bed
    bed.module("hot", exported(1))
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", exported(2, **parts)))
    assert done.verdict == verdict
    assert words.format(bed.source("hot")) in done.reason
    assert app.ask("hot.answer(), hot.known(hot.Thing)") == (
        (1, 101), (1, 1, 1))
    bed.swap(peer, bed.order("hot", exported(3)))
    assert app.ask("hot.answer()") == (3, 102)


def test_it_is_imported_twice_as_cpython_would(export_bed):
    """Two modules with a state each, and one code."""
    bed = export_bed
    code = exported(1, exec="return 0;").replace("PyType_FromSlots(all)",
                                                 "NULL; (void)all; return 0")
    bed.module("hot", code)
    app, peer = bed.start("hot")
    app.do("import sys; first = sys.modules.pop('hot'); import hot")
    assert app.ask("first is hot, first.answer(), hot.answer()") == (
        False, (1, 101), (1, 101))
    bed.swap(peer, bed.order("hot", code.replace('"il", 1', '"il", 2')))
    assert app.ask("first.answer(), hot.answer()") == ((2, 102), (2, 102))
    assert app.ask("first.known(int), hot.known(int)") == (
        (1, 1, 0), (1, 1, 0))


def test_a_session_compiles_and_swaps_it(program, any_python, export_bed,
                                         tmp_path):
    """With the bench, its canary and both tiers."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "hot.c").write_text(exported(1))
    with Live(program, folder, python=any_python) as live:
        live.port()
        assert live.get("/hot/answer") == (200, "(1, 101)")
        live.meet()
        for n in (2, 3):
            live.save("hot.c", exported(n))
            live.event("swap", module="hot")
            assert live.get("/hot/answer") == (200, "(%d, %d)" % (n, 100 + n))
