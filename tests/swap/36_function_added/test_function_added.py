"""Case 36: a new function can be imported at once."""
from bed import returning, stretch


def test_an_added_function_can_be_imported_at_once(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    two = stretch(
        before="static PyObject *one(PyObject *m, PyObject *u)"
               "{ return PyLong_FromLong(1); }",
        methods='{"answer", one, METH_NOARGS, NULL},'
                '{"more", one, METH_NOARGS, "more($module)\\n--\\n\\nM."},')
    bed.swap(peer, bed.order("hot", two))
    app.do("from hot import more")
    assert app.ask("more(), more.__doc__, more.__module__, "
                   "more.__self__ is hot") == (1, "M.", "hot", True)
