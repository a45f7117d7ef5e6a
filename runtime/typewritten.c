/* typewritten: see typewritten.h. */
#include "pyabi.h"

#include "typewritten.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "journal.h"
#include "native.h"
#include "stub.h"
#include "typechange.h"
#include "wipe.h"

#include "guard.h"

/* The functions of a type object (cpython/object.h), but for what is reached
 * through a table; a heap type's tables follow in it. */
#define AT(field) offsetof(PyTypeObject, field)
static const unsigned plain[] = {
    AT(tp_dealloc), AT(tp_getattr),   AT(tp_setattr),     AT(tp_repr),
    AT(tp_hash),    AT(tp_call),      AT(tp_str),         AT(tp_getattro),
    AT(tp_setattro), AT(tp_traverse), AT(tp_clear),       AT(tp_richcompare),
    AT(tp_iter),    AT(tp_iternext),  AT(tp_descr_get),   AT(tp_descr_set),
    AT(tp_init),    AT(tp_alloc),     AT(tp_new),         AT(tp_free),
    AT(tp_is_gc),   AT(tp_del),       AT(tp_finalize),    AT(tp_vectorcall),
};
#define PLAIN (sizeof(plain) / sizeof(plain[0]))
#define TABLES offsetof(PyHeapTypeObject, as_async)
#define TABLES_END offsetof(PyHeapTypeObject, ht_name)
#define WORDS (PLAIN + (TABLES_END - TABLES) / sizeof(void *))

struct typewritten {
    void *before[WORDS]; /* the init */
    void *written[WORDS]; /* NULL: nothing */
};

static unsigned
offset_of(size_t word)
{
    return word < PLAIN
               ? plain[word]
               : (unsigned)(TABLES + (word - PLAIN) * sizeof(void *));
}

static void **
at(const struct type *t, unsigned offset)
{
    return (void **)((char *)t->object + offset);
}

static bool
is_ours(const struct type *t)
{
    return !t->is_static && !t->is_exception && t->object != NULL;
}

static struct type_written *
known(const struct type *t, unsigned offset)
{
    for (size_t i = 0; i < t->written_count; i++) {
        if (t->written[i].offset == offset) {
            return &t->written[i];
        }
    }
    return NULL;
}

/* A record of that word, with a stub that leads to `code`. */
static struct type_written *
add(struct type *t, unsigned offset, void *code, struct err *e)
{
    size_t size = sizeof(*t->written);
    struct type_written *more = realloc(t->written,
                                        (t->written_count + 1) * size);
    if (more == NULL) {
        err_set(e, ERR_SYSTEM, "out of memory for a type");
        return NULL;
    }
    t->written = more;
    struct stub *stub = stub_take(code, e);
    if (stub == NULL) {
        return NULL;
    }
    struct type_written *w = &t->written[t->written_count++];
    *w = (struct type_written){offset, stub};
    return w;
}

static int
adopt(struct type *t, const struct image *image, struct err *e)
{
    for (size_t i = 0; is_ours(t) && i < WORDS; i++) {
        void **word = at(t, offset_of(i));
        if (*word == NULL || !elf_is_code(&image->elf, *word)) {
            continue;
        }
        struct type_written *w = add(t, offset_of(i), *word, e);
        if (w == NULL) {
            return -1;
        }
        *word = w->stub->entry;
    }
    return 0;
}

int
typewritten_adopt(struct native *n, struct err *e)
{
    for (struct type *t = n->types; t != NULL; t = t->next) {
        if (adopt(t, n->image, e) < 0) {
            return -1;
        }
    }
    return 0;
}

int
typewritten_begin(struct type_change *c, struct err *e)
{
    if (!is_ours(c->type)) {
        return 0;
    }
    c->written = calloc(1, sizeof(*c->written));
    if (c->written == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a type");
    }
    for (size_t i = 0; i < WORDS; i++) {
        c->written->before[i] = *at(c->type, offset_of(i));
    }
    return 0;
}

void
typewritten_take(struct type_change *c, const struct image *image)
{
    struct typewritten *w = c->written;
    for (size_t i = 0; w != NULL && i < WORDS; i++) {
        void **word = at(c->type, offset_of(i));
        if (*word != w->before[i] && *word != NULL
            && elf_is_code(&image->elf, *word))
        {
            w->written[i] = *word;
            *word = w->before[i];
        }
    }
}

static void
add_word(struct type_change *c, void *where, void *value)
{
    c->written_words[c->written_word_count++]
        = (struct type_word){where, value};
}

static int
plan_word(struct type_change *c, size_t i, struct err *e)
{
    unsigned offset = offset_of(i);
    void *code = c->written->written[i];
    struct type_written *w = known(c->type, offset);
    if (code == NULL) {
        /* Where the init writes no more, only of this one it is known what a
         * type has without. */
        bool is_gone = w != NULL && offset == AT(tp_vectorcall)
                       && *at(c->type, offset) == w->stub->entry;
        if (is_gone) {
            add_word(c, at(c->type, offset), NULL);
        }
        return 0;
    }
    if (w == NULL) {
        w = add(c->type, offset, code, e);
        if (w == NULL) {
            return -1;
        }
        *w->stub->slot = w->stub->gone; /* until the store */
    }
    add_word(c, w->stub->slot, code);
    add_word(c, at(c->type, offset), w->stub->entry);
    return 0;
}

static int
plan(struct type_change *c, const struct image *image, struct err *e)
{
    if (c->is_added) {
        return adopt(c->type, image, e);
    }
    if (c->written == NULL) {
        return 0;
    }
    c->written_words = calloc(2 * WORDS, sizeof(*c->written_words));
    if (c->written_words == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a type");
    }
    for (size_t i = 0; i < WORDS; i++) {
        if (plan_word(c, i, e) < 0) {
            return -1;
        }
    }
    return 0;
}

int
typewritten_plan(struct type_change *c, const struct native *n,
                 const struct image *image, struct err *e)
{
    bool count = stub_count_new(n->counts_calls);
    int done = 0;
    for (; done == 0 && c != NULL; c = c->next) {
        done = plan(c, image, e);
    }
    (void)stub_count_new(count);
    return done;
}

size_t
typewritten_count(const struct type_change *c)
{
    return c->written_word_count;
}

void
typewritten_store(const struct type_change *c, struct journal *j)
{
    for (size_t i = 0; i < c->written_word_count; i++) {
        journal_word(j, c->written_words[i].at, c->written_words[i].value);
    }
}

void
typewritten_dispose(struct type_change *c)
{
    wiped_free(c->written, sizeof(*c->written));
    wiped_free(c->written_words, 2 * WORDS * sizeof(*c->written_words));
}
