"""What identifies a type to its module's code, and slots that CPython 3.15
has numbered anew."""
import pytest

from bed import stretch


def thing(token, value):
    """A type with a token, which f() looks for."""
    return stretch(
        before="""
#ifndef Py_TP_USE_SPEC /* before 3.14 */
#define Py_tp_token 0
#define Py_TP_USE_SPEC NULL
#define PyType_GetBaseByToken(type, token, base) 1
#endif
static int other;
typedef struct { PyObject_HEAD } Thing;
static PyType_Spec thing_spec;
static PyObject *f(PyObject *m, PyObject *type)
{
    PyTypeObject *base = NULL;
    (void)other;
    int found = PyType_GetBaseByToken((PyTypeObject *)type, %(token)s, &base);
    PyObject *r = Py_BuildValue("ii", found, %(value)d);
    Py_XDECREF(base);
    return r;
}
static PyType_Slot thing_slots[] = {
    {Py_tp_doc, "A thing."},
    {Py_tp_token, %(slot)s},
    {0, 0}};
static PyType_Spec thing_spec = {"hot.Thing", sizeof(Thing), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, thing_slots};
""" % {"token": token, "value": value,
            "slot": "Py_TP_USE_SPEC" if token == "&thing_spec" else token},
        exec="PyObject *t = PyType_FromModuleAndSpec(m, &thing_spec, NULL);"
             "if (t == NULL || PyModule_AddObject(m, \"Thing\", t) < 0)"
             "    return -1;",
        methods='{"f", f, METH_O, NULL},')


@pytest.mark.parametrize("token", ["&thing_spec", "&other"],
                         ids=["spec", "address"])
def test_a_type_is_known_by_its_token_to_new_code_as_to_old(bed, token):
    bed.module("hot", thing(token, 1))
    app, peer = bed.start("hot")
    app.do("class Sub(hot.Thing): pass")
    assert app.ask("hot.f(hot.Thing), hot.f(Sub)") == ((1, 1), (1, 1))
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", thing(token, n)))
        assert app.ask("hot.f(hot.Thing), hot.f(Sub)") == ((1, n), (1, n))


def test_a_type_that_came_with_a_save_is_known_by_its_token(bed):
    bed.module("hot", stretch())
    app, peer = bed.start("hot")
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", thing("&thing_spec", n)))
        assert app.ask("hot.f(hot.Thing)") == (1, n)


def sized(n):
    """A type that is a buffer and a mapping, of n bytes and items."""
    return stretch(
        before="""
typedef struct { PyObject_HEAD } Sized;
static char bytes[] = "abcdefgh";
static int get_buffer(PyObject *o, Py_buffer *view, int flags)
{ return PyBuffer_FillInfo(view, o, bytes, %(n)d, 1, flags); }
static Py_ssize_t length(PyObject *o) { return %(n)d; }
static PyObject *item(PyObject *o, PyObject *key)
{ return Py_BuildValue("Oi", key, %(n)d); }
static int set_item(PyObject *o, PyObject *key, PyObject *value)
{ PyErr_Format(PyExc_KeyError, "no item after %%d", %(n)d); return -1; }
static PyType_Slot sized_slots[] = {
    {Py_bf_getbuffer, get_buffer}, {Py_mp_length, length},
    {Py_mp_subscript, item}, {Py_mp_ass_subscript, set_item}, {0, 0}};
static PyType_Spec sized_spec = {"hot.Sized", sizeof(Sized), 0,
    Py_TPFLAGS_DEFAULT, sized_slots};
""" % {"n": n},
        exec="PyObject *t = PyType_FromModuleAndSpec(m, &sized_spec, NULL);"
             "if (t == NULL || PyModule_AddObject(m, \"Sized\", t) < 0)"
             "    return -1;")


def test_buffers_and_mappings_run_the_new_bodies(bed):
    bed.module("hot", sized(1))
    app, peer = bed.start("hot")
    app.do("""
s = hot.Sized()
def set_item():
    try:
        s[0] = 1
    except KeyError as e:
        return str(e)
def seen():
    return len(s), s["k"], bytes(memoryview(s)), set_item()
[seen() for _ in range(100)]
""")
    for n in (2, 3):
        done = bed.swap(peer, bed.order("hot", sized(n)))
        assert done.names == {"hot": [[], [], []]}
        assert app.ask("seen()") == (n, ("k", n), b"abcdefgh"[:n],
                                     "'no item after %d'" % n)
