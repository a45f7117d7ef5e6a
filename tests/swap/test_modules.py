"""What a swap does to a module's namespace and state, and what it refuses."""
import pytest

from bed import READY, returning, stretch


def constants(**values):
    adds = []
    for name, value in values.items():
        adds.append('if (PyModule_AddObject(m, "%s", Py_BuildValue(%s)) < 0)'
                    " return -1;" % (name, value))
    return stretch(exec="".join(adds), doc=values.get("doc", "A module."))


def test_constants_follow_unless_the_app_has_set_them_itself(bed):
    bed.module("hot", constants(one='"i", 1', two='"s", "two"', gone='"i", 3',
                                mine='"i", 4', lost='"i", 5'))
    app, peer = bed.start("hot")
    app.do("hot.mine = 'the app\\'s'; del hot.lost; hot.own = 'also'")
    bed.swap(peer, bed.order("hot", constants(
        one='"i", 11', two='"(ii)", 1, 2', mine='"i", 44', lost='"i", 55',
        fresh='"i", 6', own='"i", 7')))
    assert app.ask("{k: v for k, v in vars(hot).items() if k[0] != '_'}") == {
        "one": 11, "two": (1, 2), "mine": "the app's", "own": "also",
        "fresh": 6}
    bed.swap(peer, bed.order("hot", constants(one='"i", 12')))
    assert app.ask("{k: v for k, v in vars(hot).items() if k[0] != '_'}") == {
        "one": 12, "mine": "the app's", "own": "also"}


def test_mutable_objects_are_state_and_stay(bed):
    def code(n):
        return constants(seen='"{s:i}", "made", %d' % n,
                         order='"[i]", %d' % n)
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    app.do("there = id(hot.seen), id(hot.order)")
    app.do("hot.seen['app'] = 'kept'; hot.order.append('kept')")
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", code(n)))
        assert app.ask("hot.seen, hot.order, "
                       "there == (id(hot.seen), id(hot.order))") == (
            {"made": 1, "app": "kept"}, [1, "kept"], True)


def test_callables_that_the_init_makes_are_code_and_follow(bed):
    def code(n):
        return stretch(exec="""
            PyObject *t = PyImport_ImportModule("functools");
            PyObject *p = PyObject_CallMethod(t, "partial", "Oi",
                                              (PyObject *)&PyLong_Type, %d);
            Py_DECREF(t);
            if (PyModule_AddObject(m, "made", p) < 0) return -1;""" % n)
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    assert app.ask("hot.made()") == 1
    bed.swap(peer, bed.order("hot", code(2)))
    assert app.ask("hot.made()") == 2


def test_the_module_s_docstring_and_its_stamp_follow(bed):
    bed.module("hot", stretch(doc="Old."))
    app, peer = bed.start("hot")
    app.do("stamp = hot.__cowbird__")
    assert app.ask("hot.__doc__, stamp['generation']") == ("Old.", 1)
    bed.swap(peer, bed.order("hot", stretch(doc="New.")))
    assert app.ask("hot.__doc__, stamp, stamp is hot.__cowbird__") == (
        "New.", {"generation": 2, "source": bed.source("hot"),
                 "tier": "fast"}, True)


def test_the_stamp_counts_as_people_do_and_tells_the_tier(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    assert app.ask("hot.__cowbird__['tier']") == "optimised"
    order = bed.order("hot", returning(2))
    bed.swap(peer, dict(order, shown=1, tier="fast"))
    assert app.ask("hot.answer(), hot.__cowbird__") == (
        2, {"generation": 1, "source": bed.source("hot"), "tier": "fast"})


def test_two_modules_move_together_or_not_at_all(bed):
    bed.module("hot", returning(1))
    bed.module("cold", returning(1, name="chill", size="8").replace(
        "PyInit_hot", "PyInit_cold"))
    app, peer = bed.start("hot", "cold")

    def cold(n, **parts):
        return returning(n, name="chill", **{"size": "8", **parts}).replace(
            "PyInit_hot", "PyInit_cold")
    for bad in (cold(2, exec="PyErr_NoMemory(); return -1;"),
                cold(2, size="64")):
        bed.refuse(peer, bed.order("hot", returning(2)),
                   bed.order("cold", bad))
        assert app.ask("hot.answer(), cold.chill()") == (1, 1)
    done = bed.swap(peer, bed.order("hot", returning(3)),
                    bed.order("cold", cold(3)))
    assert done.names == {"hot": [["answer"], [], []],
                          "cold": [["chill"], [], []]}
    assert app.ask("hot.answer(), cold.chill()") == (3, 3)


def test_an_undefined_symbol_and_a_missing_init_fail_by_name(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", stretch(
        before="int nowhere(void);", exec="return nowhere();")))
    assert done.reason == (
        "undefined symbol 'nowhere' in %s: no library that the module is "
        "linked with has it" % bed.source("hot"))
    done = bed.refuse(peer, bed.order("hot", returning(2).replace(
        "PyInit_hot", "PyInit_warm")))
    assert done.reason == ("no function PyInit_hot in %s: it must bear the "
                           "name of the module" % bed.source("hot"))
    assert app.ask("hot.answer()") == 1


def test_a_slot_that_import_asked_for_can_t_be_taken_back(bed):
    if bed.facts.version < (3, 12):
        pytest.skip("CPython %d.%d has no such slots" % bed.facts.version)
    with_slot = returning(1, slots="{Py_mod_multiple_interpreters, "
                          "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},")
    bed.module("hot", with_slot)
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", returning(2)))
    assert done.reason == (
        "Py_mod_multiple_interpreters in %s is not what it was: the "
        "interpreter asks for it only at import; restart the app"
        % bed.source("hot"))


def test_a_module_that_this_worker_has_not_imported_is_ready_and_starts_there(
        bed):
    bed.module("hot", returning(1))
    bed.module("cold", returning(1).replace("PyInit_hot", "PyInit_cold"))
    app, peer = bed.start("hot")
    order = bed.order("cold", returning(2).replace(
        "PyInit_hot", "PyInit_cold"))
    assert peer.prepare(7, [order]).verdict == READY
    assert peer.commit(7).names == {}
    # the manifest still names the first generation
    assert app.ask("__import__('cold').answer()") == 2
    assert peer.await_module("cold") == 2


def test_a_module_imported_while_its_swap_is_open_waits_for_the_outcome(bed):
    bed.module("hot", returning(1))
    bed.module("cold", returning(1).replace("PyInit_hot", "PyInit_cold"))
    app, peer = bed.start("hot")
    order = bed.order("cold", returning(2).replace(
        "PyInit_hot", "PyInit_cold"))
    assert peer.prepare(7, [order]).verdict == READY
    app.start("import cold; seen = cold.answer()")
    peer.commit(7)
    app.hear()
    assert app.ask("seen, cold.__cowbird__['generation']") == (2, 2)
