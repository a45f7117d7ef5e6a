"""A module that is imported again after it was taken out of sys.modules: in
plain Python that makes another module object, and so it does here."""
from bed import returning, stretch

AGAIN = ("import sys; first = hot; del sys.modules['hot']; "
         "import hot; again = hot")


def counting(step, extra=""):
    return stretch(before="""
        static PyObject *count(PyObject *m, PyObject *u)
        {
            int *n = PyModule_GetState(m);
            *n += %d;
            return PyLong_FromLong(*n);
        }
        static PyObject *self(PyObject *m, PyObject *u)
        {
            Py_INCREF(m);
            return m;
        }
        static PyObject *more(PyObject *m, PyObject *u)
        {
            return PyLong_FromLong(7);
        }""" % step, methods='{"count", count, METH_NOARGS, NULL}, {"self", '
        "self, METH_NOARGS, NULL}, " + extra, size="sizeof(int)",
        exec='if (PyModule_AddObject(m, "text", PyUnicode_FromString('
             '"step %d")) < 0) return -1;' % step)


def test_an_import_makes_another_module_with_its_own_state(bed):
    bed.module("hot", counting(1))
    app, peer = bed.start("hot")
    app.do("hot.count(); hot.count()")
    app.do(AGAIN)
    assert app.ask("first is again, first.count is again.count, "
                   "again.self() is again, first.self() is first") == (
        False, False, True, True)
    assert app.ask("first.count(), again.count()") == (3, 1)
    assert app.ask("sys.modules['hot'] is again") is True


def test_a_swap_reaches_every_one_of_them(bed):
    bed.module("hot", counting(1))
    app, peer = bed.start("hot")
    app.do("kept = hot.count; kept()")
    app.do(AGAIN + "; second = again.count; names = hash(second)")
    for step in (10, 100):
        bed.swap(peer, bed.order("hot", counting(step)))
    assert app.ask("kept(), second(), first.text, again.text") == (
        101, 100, "step 100", "step 100")
    assert app.ask("second is again.count, names == hash(second), "
                   "again.self() is again") == (True, True, True)


def test_functions_come_and_go_in_every_one_of_them(bed):
    bed.module("hot", counting(1))
    app, peer = bed.start("hot")
    app.do(AGAIN)
    more = '{"more", more, METH_NOARGS, NULL},'
    bed.swap(peer, bed.order("hot", counting(1, more)))
    assert app.ask("first.more(), again.more()") == (7, 7)
    assert app.ask("again.more.__self__ is again") is True
    bed.swap(peer, bed.order("hot", counting(1)))
    assert app.ask("hasattr(first, 'more'), hasattr(again, 'more')") == (
        False, False)


def test_what_nobody_holds_is_let_go(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("import gc, weakref; refs = []")
    app.do(
           "import sys\nfor i in range(3):\n    del sys.modules['hot']\n"
           "    import hot\n    refs.append(weakref.ref(hot))\n")
    app.do("gc.collect()")
    assert app.ask("[r() is None for r in refs]") == [True, True, False]
    bed.swap(peer, bed.order("hot", returning(2)))
    assert app.ask("hot.answer()") == 2
