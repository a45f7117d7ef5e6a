/* typestore: the second half of typechange.h, from commit on. */
#include "typechange.h"

#include <stdlib.h>

#include "journal.h"
#include "native.h"
#include "stub.h"
#include "swap.h"
#include "tags.h"
#include "typemove.h"
#include "typeorphan.h"
#include "typeslots.h"
#include "typespec.h"
#include "typewritten.h"
#include "wipe.h"

#include "guard.h"

size_t
type_changes_count(const struct type_change *c)
{
    size_t count = 0;
    for (; c != NULL; c = c->next) {
        count += c->method_count + c->gone_count + c->told_count + 1;
    }
    return count;
}

void
type_changes_loaded(struct type_change *c, const struct image *image)
{
    for (; c != NULL; c = c->next) {
        typemove_unguard(c);
        typewritten_take(c, image);
    }
}

bool
type_changes_move_objects(const struct type_change *c)
{
    while (c != NULL && c->move == NULL) {
        c = c->next;
    }
    return c != NULL;
}

int
type_changes_ready(struct type_change *c, struct err *e)
{
    for (; c != NULL; c = c->next) {
        if (typemove_ready(c, e) < 0) {
            return -1;
        }
    }
    return 0;
}

int
type_changes_reserve(struct type_change *c, struct journal *j, struct err *e)
{
    for (; c != NULL; c = c->next) {
        size_t words = c->word_count + c->attr_count + 2 * c->gone_count
                       + typewritten_count(c);
        for (size_t i = 0; i < c->method_count; i++) {
            if (function_find_holders(&c->methods[i], e) < 0) {
                return -1;
            }
            PyObject *holders = c->methods[i].holders;
            words += FUNCTION_WORDS;
            words += holders == NULL ? 0 : (size_t)PyList_GET_SIZE(holders);
        }
        if (typeslots_reserve(c, &words, e) < 0
            || typemove_reserve(c, &words, e) < 0)
        {
            return -1;
        }
        if (journal_reserve(j, words, e) < 0) {
            return -1;
        }
    }
    return 0;
}

bool
type_changes_move_conventions(const struct type_change *c)
{
    for (; c != NULL; c = c->next) {
        for (size_t i = 0; i < c->method_count; i++) {
            if (function_moves_convention(&c->methods[i])) {
                return true;
            }
        }
    }
    return false;
}

/* What the app has put in a name's place stays. */
static int
move_attr(const struct type_change *c, const struct type_attr *a,
          struct journal *j)
{
    PyObject *dict = ((PyTypeObject *)c->type->object)->tp_dict;
    PyObject *now = PyDict_GetItemWithError(dict, a->name);
    if (now == NULL && PyErr_Occurred()) {
        return -1;
    }
    if ((a->value == NULL || a->yields) && now != a->expected) {
        return 0;
    }
    return journal_item(j, c->type->object, a->name, a->value);
}

int
type_changes_move_names(const struct type_change *c, struct journal *j)
{
    for (; c != NULL; c = c->next) {
        typeslots_move(c, j);
        for (size_t i = 0; i < c->attr_count; i++) {
            if (move_attr(c, &c->attrs[i], j) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

void
type_changes_name(const struct type_change *c, struct swap_names *swapped,
                  struct swap_names *added, struct swap_names *dropped)
{
    for (; c != NULL; c = c->next) {
        for (size_t i = 0; i < c->method_count; i++) {
            const struct function_change *m = &c->methods[i];
            bool is_back = m->is_added || function_is_gone(m->function);
            struct swap_names *names = is_back ? added : swapped;
            names->items[names->count++] = m->function->label;
        }
        for (size_t i = 0; i < c->gone_count; i++) {
            dropped->items[dropped->count++] = c->gone[i]->label;
        }
        if (c->is_gone) {
            dropped->items[dropped->count++] = type_short_name(c->type);
        }
        else if (c->is_added || c->type->is_gone) {
            added->items[added->count++] = type_short_name(c->type);
        }
        for (size_t i = 0; i < c->told_count; i++) {
            struct swap_names *names = c->told_slots[i].is_gained ? added
                                                                  : dropped;
            names->items[names->count++] = c->told_slots[i].label;
        }
    }
}

void
type_changes_store(const struct type_change *c, struct journal *j)
{
    for (; c != NULL; c = c->next) {
        for (size_t i = 0; i < c->method_count; i++) {
            function_store(&c->methods[i], j);
        }
        for (size_t i = 0; i < c->gone_count; i++) {
            function_store_gone(c->gone[i], c->farewells[i], j);
        }
        for (size_t i = 0; i < c->word_count; i++) {
            journal_word(j, c->words[i].at, c->words[i].value);
        }
        typewritten_store(c, j);
        typeslots_store(c, j);
        typemove_store(c, j);
    }
}

/* CPython has its own copy of the old table. */
static void
settle_members(struct type_change *c)
{
    /* … but of a static type's: its descriptors lead into the first one */
    if (c->members != NULL && !c->type->is_static) {
        typespec_free_members(c->type->members);
        c->type->members = c->members;
        c->members = NULL;
    }
}

void
type_changes_settle(struct type_change *c, struct native *n)
{
    for (; c != NULL; c = c->next) {
        struct type *t = c->type;
        t->doc = c->doc;
        t->is_gone = c->is_gone;
        for (size_t i = 0; i < c->method_count; i++) {
            function_settle(&c->methods[i]);
            if (c->methods[i].is_added) {
                t->methods[t->method_count++] = c->methods[i].function;
                c->methods[i].is_added = false;
            }
        }
        for (size_t i = 0; i < c->getset_count; i++) {
            t->getsets[t->getset_count++] = c->getsets[i];
        }
        c->getset_count = 0;
        typeslots_settle(c);
        typemove_settle(c);
        settle_members(c);
        if (c->attr_count > 0 || c->move != NULL) {
            tags_count(t);
        }
        for (size_t i = 0; i < c->gone_count; i++) {
            c->farewells[i] = NULL; /* the stub has it now */
        }
        if (c->is_added) {
            t->next = n->types;
            n->types = t;
            c->is_added = false;
        }
    }
}

static void
change_free(struct type_change *c)
{
    for (size_t i = 0; i < c->method_count; i++) {
        function_change_dispose(&c->methods[i]);
    }
    for (size_t i = 0; i < c->attr_count; i++) {
        Py_XDECREF(c->attrs[i].name);
        Py_XDECREF(c->attrs[i].value);
    }
    typeslots_dispose(c);
    typewritten_dispose(c);
    typemove_dispose(c);
    typespec_free_members(c->members);
    for (size_t i = 0; i < c->method_count; i++) {
        if (c->methods[i].is_added) {
            function_drop(c->methods[i].function);
        }
    }
    for (size_t i = 0; i < c->gone_count; i++) {
        free(c->farewells[i]);
    }
    for (size_t i = 0; i < c->getset_count; i++) {
        getset_drop(c->getsets[i]);
    }
    if (c->is_added) {
        type_orphan(c->type);
    }
    wiped_free(c->methods, c->method_count * sizeof(*c->methods));
    free(c->gone);
    free(c->farewells);
    free(c->getsets);
    wiped_free(c->words, c->word_count * sizeof(*c->words));
    free(c->attrs);
    free(c);
}

void
type_changes_free(struct type_change *c)
{
    while (c != NULL) {
        struct type_change *next = c->next;
        change_free(c);
        c = next;
    }
}
