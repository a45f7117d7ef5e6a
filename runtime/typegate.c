/* typegate: see typegate.h. */
#include "typegate.h"

#include "type.h"

#include "guard.h"

bool
typegate_is_same(PyObject *a, PyObject *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    int same = PyObject_RichCompareBool(a, b, Py_EQ);
    if (same < 0) {
        PyErr_Clear();
    }
    return same == 1;
}

int
typegate_check(const struct type *t, const PyType_Spec *spec,
               PyObject *bases, struct err *e)
{
    if (t->flags != spec->flags) {
        return err_set(e, ERR_REFUSED,
                       "the flags of type %s would go from 0x%x to 0x%x: "
                       "restart the app",
                       t->name, t->flags, spec->flags);
    }
    if (!typegate_is_same(t->bases, bases)) {
        return err_set(e, ERR_REFUSED,
                       "the bases of type %s would change: restart the app",
                       t->name);
    }
    return 0;
}
