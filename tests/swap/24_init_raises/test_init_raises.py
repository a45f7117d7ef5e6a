"""Case 24: an init that raises: the old serves on, and nothing of the new is
left behind."""
from bed import FAILED, returning
from live import source


def test_an_init_that_raises_leaves_references_and_old_code_as_they_were(bed):
    bed.module("hot", returning(1, exec='PyModule_AddIntConstant(m, "c", 5);'))
    app, peer = bed.start("hot")
    app.do("import sys, gc; n = sys.getrefcount")
    counts = "n(hot), n(hot.answer), n(hot.__dict__), n(hot.__cowbird__)"
    before = app.ask(counts)
    bad = returning(
        2, exec='PyModule_AddIntConstant(m, "c", 6);'
                'PyErr_SetString(PyExc_OSError, "no disk"); return -1;')
    for _ in range(10):
        done = bed.refuse(peer, bed.order("hot", bad))
        assert done.verdict == FAILED
        assert done.reason.splitlines()[0] == (
            "init of %s raised OSError: no disk" % bed.source("hot"))
        assert "OSError: no disk" in done.reason.splitlines()[1:]
    app.do("gc.collect()")
    assert app.ask(counts) == before
    assert app.ask("hot.answer(), hot.c, hot.__cowbird__['generation']") == (
        1, 5, 1)
    bed.swap(peer, bed.order("hot", returning(3)))
    assert app.ask("hot.answer()") == 3


def test_an_init_that_fails_without_an_exception_is_refused_as_well(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    done = bed.refuse(peer, bed.order("hot", returning(2, exec="return -1;")))
    assert done.verdict == FAILED
    assert done.reason.splitlines()[0] == (
        "init of %s raised SystemError: execution of module hot failed "
        "without setting an exception" % bed.source("hot"))
    assert app.ask("hot.answer(), hot.__cowbird__['generation']") == (1, 1)
    bed.swap(peer, bed.order("hot", returning(3)))
    assert app.ask("hot.answer()") == 3


def test_the_traceback_of_a_failed_init_is_told(bed):
    (bed.folder / "helper.py").write_text("def fail():\n    1 / 0\n")
    bed.module("hot", returning(1))
    app = bed.app()
    app.do("import sys; sys.path.insert(0, %r); import hot" % str(bed.folder))
    peer = bed.accept()
    peer.await_module("hot")
    done = bed.refuse(peer, bed.order("hot", returning(2, exec="""
        PyObject *h = PyImport_ImportModule("helper");
        PyObject *r = h == NULL ? NULL
                                : PyObject_CallMethod(h, "fail", NULL);
        Py_XDECREF(h); Py_XDECREF(r); if (r == NULL) return -1;""")))
    lines = done.reason.splitlines()
    assert lines[0] == ("init of %s raised ZeroDivisionError: division by "
                        "zero" % bed.source("hot"))
    assert lines[1].startswith("Traceback")
    assert any("helper.py" in line for line in lines)


def test_an_init_that_raises_leaves_the_old_serving(live):
    live.save("scoring.c", source(2).replace(
        "return PyModuleDef_Init(&definition);",
        'PyErr_SetString(PyExc_ValueError, "not today"); return NULL;'))
    assert "not today" in live.event("error", module="scoring")["reason"]
    live.said("gen 1 still serves")
    assert live.get("/scoring/answer") == (200, "1")
