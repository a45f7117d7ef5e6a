/* tags: see tags.h. */
#include "tags.h"

#include "gil.h"
#include "native.h"
#include "type.h"
#include "typeslots.h"
#include "wire/msg.h"

#include "guard.h"

/* The bench hears of types that have used this many, and of each further
 * step. */
#define STEP 100u

static bool is_news; /* with the GIL */

/* A type below may have changed by itself as well: the worst counts. */
void
tags_count(struct type *t)
{
    unsigned before = t->tags / STEP;
    PyObject *family = PYABI_TAGS_MAX == 0 ? NULL : type_family(t->object);
    Py_ssize_t count = family == NULL ? 0 : PyList_GET_SIZE(family);
    for (Py_ssize_t i = 0; i < count; i++) {
        unsigned used = pyabi_tags_used(
            (PyTypeObject *)PyList_GET_ITEM(family, i));
        t->tags = used > t->tags ? used : t->tags;
    }
    is_news |= t->tags / STEP != before;
    PyErr_Clear();
    Py_XDECREF(family);
}

static uint64_t
put_all(struct buf *b)
{
    uint64_t told = 0;
    for (const struct native *n = native_first(); n != NULL; n = n->next) {
        for (const struct type *t = n->types; t != NULL; t = t->next) {
            if (t->tags >= STEP) {
                msg_put_str(b, t->name);
                msg_put_u64(b, t->tags);
                msg_put_u64(b, PYABI_TAGS_MAX);
                told++;
            }
        }
    }
    return told;
}

bool
tags_tell(struct buf *b)
{
    struct buf list = BUF_INIT;
    PyGILState_STATE gil = gil_take();
    uint64_t count = is_news ? put_all(&list) : 0;
    if (count > 0) {
        msg_start(b, MSG_TAGS);
        msg_put_u64(b, count);
        buf_add(b, list.data, list.len);
    }
    bool is_whole = !list.is_broken && !b->is_broken;
    is_news = is_news && !is_whole;
    PyGILState_Release(gil);
    buf_dispose(&list);
    if (!is_whole) {
        buf_dispose(b);
    }
    return count > 0 && is_whole;
}

void
tags_forget_told(void)
{
    PyGILState_STATE gil = gil_take();
    is_news = true;
    PyGILState_Release(gil);
}
