"""47. Variables that the source wants carried always, or never."""
from bed import stretch
from stateful import FLAGS
from tiers import each_tier, needs_tcc, optimised, tcc


def code(start, step=1, more=""):
    return stretch(
        before="#include <cowbird.h>\n"
               "static long kept = %(start)d;\nCB_CARRY(kept, always);\n"
               "static long fresh = 7;\nCB_CARRY(fresh, never);\n"
               "static long usual = 1; %(more)s\n"
               "static PyObject *\ntick(PyObject *m, PyObject *u)\n{\n"
               "    static long calls;\n    CB_CARRY(calls, never);\n"
               "    static long *at;\n    CB_CARRY(at, always);\n"
               "    at = at ? at : &kept;\n"
               "    kept += %(step)d; fresh += %(step)d; calls++; usual++;\n"
               "    return Py_BuildValue(\"lllli\", kept, fresh, calls, usual,"
               " at == &kept);\n}\n" % locals(),
        methods='{"tick", tick, METH_NOARGS, NULL},')


def order(bed, tier, *args):
    return bed.order("hot", code(*args), *FLAGS, compiler=tier)


@each_tier
def test_always_and_never_hold_whatever_the_initialiser(bed, tier):
    bed.module("hot", code(100), *FLAGS, compiler=tier)
    app, peer = bed.start("hot")
    assert app.ask("hot.tick(), hot.tick()")[1] == (102, 9, 2, 3, 1)
    done = bed.swap(peer, order(bed, tier, 500, 10))
    # what was asked for is no news
    assert done.state["hot"] == []
    assert app.ask("hot.tick()") == (112, 17, 1, 4, 1)
    bed.swap(peer, order(bed, tier, 500, 10))
    assert app.ask("hot.tick()") == (122, 17, 1, 5, 1)


@each_tier
def test_another_type_is_begun_anew_all_the_same_and_said(bed, tier):
    bed.module("hot", code(100), *FLAGS, compiler=tier)
    app, peer = bed.start("hot")
    app.do("hot.tick()")
    done = bed.swap(peer, bed.order(
        "hot", code(100).replace("static long kept", "static short kept")
        .replace("long *at", "short *at"), *FLAGS, compiler=tier))
    assert "kept reset: its type changed (long int to short int)" in [
        words.replace("(long to short)", "(long int to short int)")
        for words in done.state["hot"]]
    assert app.ask("hot.tick()[0]") == 101


def test_a_wish_may_come_and_go(bed):
    def without(start):
        return code(start).replace("CB_CARRY(kept, always);", "").replace(
            "CB_CARRY(fresh, never);", "")
    bed.module("hot", without(100), *FLAGS)
    app, peer = bed.start("hot")
    app.do("hot.tick()")
    bed.swap(peer, order(bed, optimised, 300))
    assert app.ask("hot.tick()[:2]") == (102, 8)
    done = bed.swap(peer, bed.order("hot", without(300), *FLAGS))
    assert app.ask("hot.tick()[:2]") == (103, 9)
    done = bed.swap(peer, bed.order("hot", without(400), *FLAGS))
    assert done.state["hot"] == [
        "kept reset: its initialiser changed (300 to 400)"]
    assert app.ask("hot.tick()[:2]") == (401, 10)


@needs_tcc
def test_another_compiler_s_build_of_the_same_source_keeps_all(bed):
    bed.module("hot", code(100), *FLAGS, compiler=tcc)
    app, peer = bed.start("hot")
    app.do("hot.tick()")
    done = bed.swap(peer, dict(order(bed, optimised, 100), saved=""))
    assert done.state["hot"] == []
    assert app.ask("hot.tick()") == (102, 9, 2, 3, 1)
    bed.swap(peer, order(bed, tcc, 100))
    assert app.ask("hot.tick()") == (103, 8, 1, 4, 1)


def test_without_a_hot_session_the_words_say_nothing(bed):
    bed.module("hot", code(100), "-g", FLAGS[-1])
    app, peer = bed.start("hot")
    app.do("hot.tick()")
    bed.swap(peer, bed.order("hot", code(100, 2), "-g", FLAGS[-1]))
    assert app.ask("hot.tick()") == (103, 10, 2, 3, 1)


@each_tier
def test_a_wish_of_one_function_is_not_another_s(bed, tier):
    def functions(step):
        return stretch(
            before="#include <cowbird.h>\n" + "".join(
                "static PyObject *\n%s(PyObject *m, PyObject *u)\n{\n"
                "    static long calls;\n    %s\n    calls += %d;\n"
                "    return PyLong_FromLong(calls);\n}\n" % (name, wish, step)
                for name, wish in (("one", ""),
                                   ("two", "CB_CARRY(calls, never);"),
                                   ("three", ""))),
            methods="".join('{"%s", %s, METH_NOARGS, NULL},' % (name, name)
                            for name in ("one", "two", "three")))
    bed.module("hot", functions(1), *FLAGS, compiler=tier)
    app, peer = bed.start("hot")
    app.do("hot.one(), hot.two(), hot.three(), hot.three()")
    bed.swap(peer, bed.order("hot", functions(10), *FLAGS, compiler=tier))
    assert app.ask("hot.one(), hot.two(), hot.three()") == (11, 10, 12)


def test_a_word_that_is_none_does_not_compile(bed):
    try:
        bed.build("hot", code(1).replace("fresh, never", "fresh, sometimes"),
                  *FLAGS)
    except AssertionError as e:
        assert "cb_carry_sometimes" in str(e)
    else:
        raise AssertionError("it compiles")
