"""Case 48: an exception class made anew while an except clause waits."""
from bed import stretch
from live import Live


def exceptions(base="PyExc_ValueError", words="old"):
    return stretch(
        before='static PyObject *HotError;'
               'static PyObject *fail(PyObject *m, PyObject *u)'
               '{ PyErr_SetString(HotError, "%s"); return NULL; }' % words,
        methods='{"fail", fail, METH_NOARGS, NULL},',
        exec='HotError = PyErr_NewExceptionWithDoc("hot.HotError", "%s doc",'
             '%s, NULL); Py_XINCREF(HotError);'
             'if (PyModule_AddObject(m, "HotError", HotError) < 0) return -1;'
             % (words, base))


def test_an_except_clause_that_waits_catches_the_new_code_s_exception(bed):
    bed.module("hot", exceptions())
    app, peer = bed.start("hot")
    app.do("""
from hot import HotError, fail
def caught():
    try:
        fail()
    except HotError as e:
        return str(e), type(e) is HotError is hot.HotError, HotError.__doc__
""")
    assert app.ask("caught()") == ("old", True, "old doc")
    bed.swap(peer, bed.order("hot", exceptions(words="new")))
    assert app.ask("caught()") == ("new", True, "new doc")
    bed.swap(peer, bed.order("hot", exceptions("PyExc_KeyError", "key")))
    assert app.ask("issubclass(hot.HotError, KeyError), "
                   "hot.HotError is HotError") == (True, False)


def test_a_clause_that_is_waiting_already_catches_it(bed):
    """The new code raises below a frame that entered its try before."""
    bed.module("hot", exceptions())
    app, peer = bed.start("hot")
    app.do("""
import threading
from hot import HotError
entered, swapped, found = threading.Event(), threading.Event(), []
def wait():
    try:
        entered.set()
        swapped.wait()
        hot.fail()
    except HotError as e:
        found.append((str(e), type(e) is HotError))
waiting = threading.Thread(target=wait)
waiting.start()
entered.wait()
""")
    bed.swap(peer, bed.order("hot", exceptions(words="new")))
    app.do("swapped.set(); waiting.join()")
    assert app.ask("found") == [("new", True)]


def test_classes_below_it_and_its_pickles_stay(bed):
    bed.module("hot", exceptions())
    app, peer = bed.start("hot")
    app.do("""
import pickle, abc, sys
class Mine(hot.HotError): pass
sys.modules["__main__"].Mine = Mine
class Kind(abc.ABC): pass
Kind.register(hot.HotError)
old = pickle.dumps([hot.HotError("a", 1), Mine("b")])
""")
    for words in ("new", "newer"):
        bed.swap(peer, bed.order("hot", exceptions(words=words)))
        assert app.ask("[(type(e) in (hot.HotError, Mine), e.args) "
                       "for e in pickle.loads(old)]") == [
            (True, ("a", 1)), (True, ("b",))]
        assert app.ask("issubclass(Mine, hot.HotError), "
                       "issubclass(hot.HotError, Kind)") == (True, True)


def test_another_base_is_said_to_make_another_class(program, python, project):
    (project / "scoring.c").write_text(named("scoring", exceptions()))
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/HotError")[0] == 200  # an object of it
        live.meet()
        live.save("scoring.c", named("scoring", exceptions("PyExc_KeyError")))
        event = live.event("swap", module="scoring")
        assert "HotError replaced  " in event["text"]
        assert event["note"] == ("HotError is another object now: who holds "
                                 "or catches the old one keeps that")


def named(name, text):
    return text.replace("PyInit_hot", "PyInit_" + name).replace(
        '"hot"', '"%s"' % name)
