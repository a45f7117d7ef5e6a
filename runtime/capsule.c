/* capsule: see capsule.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "capsule.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "facts.h"
#include "image.h"
#include "journal.h"
#include "native.h"
#include "sections.h"
#include "swap.h"
#include "symbols.h"
#include "wipe.h"
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

/* -- tables on the heap --------------------------------------------------- */

/* Words before the first function (a version, a state), and functions. */
#define LEAD_MAX 8
#define RUN_MAX 120
#define HEAP_WORDS (LEAD_MAX + RUN_MAX + 1)

/* The block may end before: what is behind a page that is not there reads as
 * zeros. */
static void
read_words(const void *table, uintptr_t words[HEAP_WORDS])
{
    size_t size = HEAP_WORDS * sizeof(*words);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    size_t here = page - (uintptr_t)table % page;
    here = here < size ? here : size;
    struct iovec to = {words, size};
    struct iovec from[] = {{(void *)table, here},
                           {(char *)table + here, size - here}};
    memset(words, 0, size);
    (void)process_vm_readv(getpid(), &to, 1, from, here < size ? 2 : 1, 0);
}

/* The name of the function that begins at `at`, or NULL. */
static const char *
function_at(const struct facts *f, uintptr_t at)
{
    if (!elf_is_code(&f->image->elf, (void *)at)) {
        return NULL;
    }
    uintptr_t address = at - f->image->elf.bias;
    const ElfW(Sym) *symbol = symbols_at(&f->statics.file, address);
    return symbol != NULL && symbol->st_value == address
               ? symbols_name(&f->statics.file, symbol)
               : NULL;
}

struct run {
    uintptr_t was[HEAP_WORDS], is[HEAP_WORDS];
    size_t first, len; /* words */
};

/* Where both tables have functions of the same names; false: they differ, or
 * the new one goes on. */
static bool
find_run(struct run *r, const struct facts *was, const struct facts *is)
{
    for (size_t i = 0; i < HEAP_WORDS; i++) {
        const char *a = function_at(was, r->was[i]);
        const char *b = function_at(is, r->is[i]);
        if (a != NULL && b != NULL && strcmp(a, b) == 0) {
            r->first = r->len == 0 ? i : r->first;
            r->len++;
        }
        else if (r->len > 0) {
            return b == NULL;
        }
        else if (a != NULL || b != NULL || i == LEAD_MAX) {
            return false;
        }
    }
    return false;
}

static int
follow(struct swap_item *item, void **table, const struct run *r)
{
    struct native *n = item->native;
    struct capsule *c = find(n, table) == NULL ? calloc(1, sizeof(*c)) : NULL;
    if (c != NULL) {
        *c = (struct capsule){table, 0, n->image, n->capsules};
        n->capsules = c;
    }
    void **own = malloc(r->len * sizeof(*own));
    if (own == NULL || find(n, table) == NULL) {
        free(own);
        return -1;
    }
    memcpy(own, r->is + r->first, r->len * sizeof(*own));
    item->capsules[item->capsule_count++]
        = (struct capsule_change){table + r->first, own, r->len, own};
    return 0;
}

static int
plan_heap(struct swap_item *item, PyObject *name, PyObject *was, PyObject *is)
{
    void **table = table_of(was);
    void *fresh = table_of(is);
    if (table == NULL || fresh == NULL || !is_same_name(was, is)
        || (uintptr_t)table % sizeof(void *) != 0
        || elf_holds(&item->carry.old->elf, table)
        || elf_holds(&item->image->elf, fresh))
    {
        return 0;
    }
    struct run *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return -1;
    }
    read_words(table, r->was);
    read_words(fresh, r->is);
    bool is_alike = find_run(r, item->was, item->is);
    int done = is_alike ? follow(item, table, r) : 0;
    wiped_free(r, sizeof(*r));
    return done == 0 && is_alike ? PyDict_SetItem(item->made, name, was)
                                 : done;
}

/* -- planning ------------------------------------------------------------- */

static int
plan(struct swap_item *item, PyObject *name, PyObject *was, PyObject *is)
{
    void *table = table_of(is);
    struct capsule *c = find(item->native, table_of(was));
    bool is_unread = false;
    if (c == NULL || c->len == 0) {
        return plan_heap(item, name, was, is);
    }
    if (table == NULL || !is_same_name(was, is)
        || len_of(item->image, table, &is_unread) != c->len)
    {
        return is_unread ? -1 : 0;
    }
    if (!can_write(c)) {
        return -1;
    }
    item->capsules[item->capsule_count++] = (struct capsule_change){
        c->table, (void *const *)table, c->len, NULL};
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
        words += item->capsules[i].len;
    }
    return words;
}

void
capsules_store(const struct swap_item *item, struct journal *j)
{
    for (size_t i = 0; i < item->capsule_count; i++) {
        const struct capsule_change *c = &item->capsules[i];
        for (size_t w = 0; w < c->len; w++) {
            journal_word(j, c->to + w, c->from[w]);
        }
    }
}

void
capsules_dispose(struct swap_item *item)
{
    for (size_t i = 0; i < item->capsule_count; i++) {
        wiped_free(item->capsules[i].own,
                   item->capsules[i].len * sizeof(void *));
    }
    wiped_free(item->capsules, item->capsule_count * sizeof(*item->capsules));
}
