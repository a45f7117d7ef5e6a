/* capsule: see capsule.h. */
#include "capsule.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "journal.h"
#include "native.h"
#include "sections.h"
#include "swap.h"
#include "symbols.h"
#include "wire/buf.h"

#include "guard.h"

static struct capsule *
find(const struct native *n, const void *table)
{
    struct capsule *c = n->capsules;
    while (c != NULL && (const void *)c->table != table) {
        c = c->next;
    }
    return c;
}

static void *
table_of(PyObject *capsule)
{
    void *table = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
    PyErr_Clear();
    return table;
}

/* Whether each word of the table is one of the image's functions, or none at
 * all: then two tables of one length can stand for each other. */
static bool
is_functions(const struct image *image, void *const *table, size_t len)
{
    size_t found = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_code = elf_is_code(&image->elf, table[i]);
        if (!is_code && table[i] != NULL) {
            return false;
        }
        found += is_code;
    }
    return found > 0;
}

/* Bytes of the variable that begins at `at`; 0: the file does not say, or
 * could not be read. */
static size_t
size_of(const struct image *image, const void *at, bool *is_unread)
{
    struct sections s;
    size_t size = 0;
    uintptr_t address = (uintptr_t)at - image->elf.bias;
    if (sections_open(&s, image->path)) {
        const ElfW(Sym) *symbol = symbols_at(&s, address);
        size = symbol != NULL && symbol->st_value == address ? symbol->st_size
                                                             : 0;
    }
    *is_unread = s.is_unread;
    sections_close(&s);
    return size;
}

/* Words of the table at `table`; 0: it is none that can be followed. */
static size_t
len_of(const struct image *image, void *table, bool *is_unread)
{
    *is_unread = false;
    if (!elf_holds(&image->elf, table) || (uintptr_t)table % sizeof(void *))
    {
        return 0;
    }
    size_t size = size_of(image, table, is_unread);
    size_t len = size / sizeof(void *);
    return size % sizeof(void *) == 0 && is_functions(image, table, len)
               ? len
               : 0;
}

/* For ever; the reason is for people. */
static void
pin(struct image *image, const char *module, const char *name)
{
    struct buf text = BUF_INIT;
    if (image->pin == NULL) {
        buf_add_fmt(&text, "others may hold its capsule %s.%s", module, name);
        image->pin = buf_take(&text);
    }
}

static int
note(struct native *n, const char *name, PyObject *capsule)
{
    void *table = table_of(capsule);
    if (table == NULL || find(n, table) != NULL) {
        return 0;
    }
    pin(n->image, n->name, name);
    bool is_unread = false;
    size_t len = len_of(n->image, table, &is_unread);
    if (len == 0) {
        return 0;
    }
    struct capsule *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *c = (struct capsule){table, len, n->image, n->capsules};
    n->capsules = c;
    return 0;
}

int
capsules_note(struct native *n)
{
    Py_ssize_t at = 0;
    PyObject *name = NULL;  /* borrowed */
    PyObject *value = NULL; /* borrowed */
    while (PyDict_Next(n->made, &at, &name, &value)) {
        const char *text = PyUnicode_AsUTF8(name);
        PyErr_Clear();
        if (text != NULL && PyCapsule_CheckExact(value)
            && note(n, text, value) < 0)
        {
            return -1;
        }
    }
    return 0;
}

static bool
is_same_name(PyObject *a, PyObject *b)
{
    const char *x = PyCapsule_GetName(a);
    const char *y = PyCapsule_GetName(b);
    return x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

/* Makes the words of a known table writable, which the loader may have sealed:
 * a commit must not fail over it. */
static bool
can_write(const struct capsule *c)
{
    return elf_unseal(&c->image->elf, (uintptr_t)c->table,
                      c->len * sizeof(void *), NULL)
           == 0;
}

static int
plan(struct swap_item *item, PyObject *name, PyObject *was, PyObject *is)
{
    void *table = table_of(is);
    struct capsule *c = find(item->native, table_of(was));
    bool is_unread = false;
    if (c == NULL || table == NULL || !is_same_name(was, is)
        || len_of(item->image, table, &is_unread) != c->len)
    {
        return is_unread ? -1 : 0;
    }
    if (!can_write(c)) {
        return -1;
    }
    item->capsules[item->capsule_count++]
        = (struct capsule_change){c, (void *const *)table};
    /* whoever has got it from the init means the same table; and once it is
     * freed, nothing of it must seem to lead into the image (look.h) */
    if (PyCapsule_SetPointer(is, (void *)c->table) < 0
        || PyCapsule_SetName(is, PyCapsule_GetName(was)) < 0)
    {
        return -1;
    }
    return PyDict_SetItem(item->made, name, was);
}

int
capsules_plan(struct swap_item *item, struct err *e)
{
    Py_ssize_t at = 0;
    PyObject *name = NULL;  /* borrowed */
    PyObject *value = NULL; /* borrowed */
    item->capsules = calloc((size_t)PyDict_GET_SIZE(item->made) + 1,
                            sizeof(*item->capsules));
    int done = item->capsules == NULL ? -1 : 0;
    while (done == 0 && PyDict_Next(item->made, &at, &name, &value)) {
        PyObject *was = PyDict_GetItemWithError(item->native->made, name);
        if (was != NULL && PyCapsule_CheckExact(was)
            && PyCapsule_CheckExact(value))
        {
            done = plan(item, name, was, value); /* adds no key */
        }
    }
    PyErr_Clear();
    return done == 0 ? 0 : err_set(e, ERR_SYSTEM, "out of memory for a swap");
}

size_t
capsules_words(const struct swap_item *item)
{
    size_t words = 0;
    for (size_t i = 0; i < item->capsule_count; i++) {
        words += item->capsules[i].capsule->len;
    }
    return words;
}

void
capsules_store(const struct swap_item *item, struct journal *j)
{
    for (size_t i = 0; i < item->capsule_count; i++) {
        const struct capsule_change *change = &item->capsules[i];
        struct capsule *c = change->capsule;
        for (size_t w = 0; w < c->len; w++) {
            journal_word(j, c->table + w, change->from[w]);
        }
    }
}
