/* typedonor: see typedonor.h. */
#include "typedonor.h"

#include <stdlib.h>

#include "stub.h"

#include "guard.h"

PyTypeObject *
donor_make(const struct type *t, const PyType_Spec *like,
           const struct slot *slots, size_t count, PyMemberDef *members)
{
    PyType_Slot *list = calloc(count + 2, sizeof(*list));
    PyObject *bases = NULL;
    PyObject *made = NULL;
    if (t->bases == NULL || PyTuple_Check(t->bases)) {
        bases = t->bases == NULL ? PyTuple_Pack(1, &PyBaseObject_Type)
                                 : Py_NewRef(t->bases);
    }
    else {
        bases = PyTuple_Pack(1, t->bases);
    }
    size_t used = 0;
    for (size_t i = 0; list != NULL && i < count; i++) {
        const struct slot *s = &slots[i];
        if (!s->is_gone) {
            list[used].slot = s->id;
            list[used++].pfunc = s->plain != NULL ? s->plain : s->stub->entry;
        }
    }
    if (list != NULL && members != NULL) {
        list[used++] = (PyType_Slot){Py_tp_members, members};
    }
    PyType_Spec spec = {t->name, like->basicsize, like->itemsize, like->flags,
                        list};
    if (list != NULL && bases != NULL) {
#if PY_VERSION_HEX >= 0x030C0000
        made = PyType_FromMetaclass(Py_TYPE(t->object), NULL, &spec, bases);
#else
        made = PyType_FromSpecWithBases(&spec, bases);
#endif
    }
    Py_XDECREF(bases);
    free(list); /* CPython copies what it needs; kept where it does not */
    return (PyTypeObject *)made;
}

/* At once, not with the collector's next round: until then its bases would
 * list it among their subclasses. */
void
donor_drop(PyTypeObject *donor)
{
    if (donor != NULL) {
        Py_TYPE(donor)->tp_clear((PyObject *)donor);
        Py_DECREF(donor);
    }
}

bool
donor_is_of_slot(PyObject *name, PyObject *value)
{
    if (value == NULL) {
        return false;
    }
    return Py_TYPE(value) == &PyWrapperDescr_Type
           || (value == Py_None
               && PyUnicode_CompareWithASCIIString(name, "__hash__") == 0)
           || (PyCFunction_Check(value)
               && PyUnicode_CompareWithASCIIString(name, "__new__") == 0);
}

bool
donor_is_alike(PyObject *a, PyObject *b)
{
    if (a == NULL || b == NULL || Py_TYPE(a) != Py_TYPE(b)) {
        return a == b;
    }
    if (Py_TYPE(a) == &PyWrapperDescr_Type) {
        const PyWrapperDescrObject *x = (PyWrapperDescrObject *)a;
        const PyWrapperDescrObject *y = (PyWrapperDescrObject *)b;
        return x->d_base == y->d_base && x->d_wrapped == y->d_wrapped;
    }
    return a == b
           || (PyCFunction_Check(a)
               && ((PyCFunctionObject *)a)->m_ml
                      == ((PyCFunctionObject *)b)->m_ml);
}

PyObject *
donor_copy_for(PyObject *value, PyObject *type)
{
    if (Py_TYPE(value) == &PyWrapperDescr_Type) {
        const PyWrapperDescrObject *d = (PyWrapperDescrObject *)value;
        return PyDescr_NewWrapper((PyTypeObject *)type, d->d_base,
                                  d->d_wrapped);
    }
    if (PyCFunction_Check(value)) {
        return PyCFunction_NewEx(((PyCFunctionObject *)value)->m_ml, type,
                                 NULL);
    }
    return Py_NewRef(value);
}
