/* carry: see carry.h. Here: the plan's life and the store. Which variables
 * belong together is carry_plan.c's.
 */
#include "carry.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "wipe.h"

#include "guard.h"

/* The carried variable of the old image that `at` points into, or just behind
 * (`limit = buffer + sizeof(buffer)`) where nothing else begins. */
static const struct carry_item *
item_of(const struct carry *c, const char *at)
{
    const struct carry_item *behind = NULL;
    for (size_t i = 0; i < c->count; i++) {
        const struct carry_item *item = &c->items[i];
        if (at >= item->from && at < item->from + item->size) {
            return item;
        }
        if (at == item->from + item->size) {
            behind = item;
        }
    }
    return behind;
}

static const struct carry_place *
place_of(const struct carry *c, const char *at)
{
    for (size_t i = 0; i < c->place_count; i++) {
        const struct carry_place *p = &c->places[i];
        if (at >= p->from && at < p->from + p->size) {
            return p;
        }
    }
    return NULL;
}

/* The part of an image that is mapped from the file and read only, around
 * `at`; false: not in one. */
static bool
constants_of(const struct elf *v, const char *at, const char **start,
             const char **end)
{
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        const char *from = (const char *)(v->bias + p->p_vaddr);
        if (p->p_type == PT_LOAD && at >= from && at < from + p->p_filesz) {
            *start = from;
            *end = from + p->p_filesz;
            return true;
        }
    }
    return false;
}

/* The same text in the new image. It must stand alone there: between two
 * NULs. */
static const char *
find_text(const struct elf *v, const char *text, size_t len)
{
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        const char *at = (const char *)(v->bias + p->p_vaddr);
        const char *end = at + p->p_filesz;
        if (p->p_type != PT_LOAD || (p->p_flags & PF_R) == 0) {
            continue;
        }
        const char *found = memmem(at, (size_t)(end - at), text, len + 1);
        while (found != NULL && found > at && found[-1] != '\0') {
            found = memmem(found + 1, (size_t)(end - found - 1), text,
                           len + 1);
        }
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

/* A pointer to or into a string literal. Anything else that has no name is
 * not known for what it is. */
static const char *
moved_text(const struct carry *c, const char *at)
{
    const char *start = NULL;
    const char *end = NULL;
    if (!constants_of(&c->old->elf, at, &start, &end)) {
        return NULL;
    }
    const char *first = at;
    while (first > start && first[-1] != '\0') {
        first--;
    }
    const char *last = memchr(first, '\0', (size_t)(end - first));
    if (last == NULL || last == first) {
        return NULL;
    }
    for (const char *p = first; p < last; p++) {
        bool is_control = (unsigned char)*p < ' ';
        if (is_control && strchr("\t\n\r\f\v\b\a\x1b", *p) == NULL) {
            return NULL;
        }
    }
    const char *found = find_text(&c->new->elf, first, (size_t)(last - first));
    return found == NULL ? NULL : found + (at - first);
}

/* Where `at`, in the old image, is to lead; NULL: nowhere else. */
static const char *
moved(const struct carry *c, const char *at)
{
    const struct carry_place *place = place_of(c, at);
    const struct carry_item *item = item_of(c, at);
    if (item != NULL && (at < item->from + item->size || place == NULL)) {
        return item->to + (at - item->from);
    }
    if (place == NULL) {
        return moved_text(c, at);
    }
    if (place->to == NULL || (place->is_code && at != place->from)) {
        return NULL;
    }
    return place->to + (at - place->from);
}

/* The first word of the variable, at its natural alignment. */
static size_t
first_word(const struct carry_item *item)
{
    return (size_t)(-(uintptr_t)item->from & (sizeof(void *) - 1));
}

static void
copy(struct carry *c, const struct carry_item *item)
{
    memcpy(item->to, item->from, item->size);
    for (size_t at = first_word(item); at + sizeof(void *) <= item->size;
         at += sizeof(void *))
    {
        const char *word = NULL;
        memcpy(&word, item->from + at, sizeof(word));
        if (!elf_holds(&c->old->elf, word)
            && (!c->has_returned || place_of(c, word) == NULL))
        {
            continue;
        }
        const char *to = moved(c, word);
        if (to != NULL) {
            memcpy(item->to + at, &to, sizeof(to));
        }
        else {
            c->kept++;
        }
    }
}

void
carry_store(struct carry *c)
{
    for (size_t i = 0; i < c->count; i++) {
        copy(c, &c->items[i]);
    }
}

bool
carry_moves(const struct carry *c)
{
    return c->count > 0;
}

const char *
carry_place(const struct carry *c, const char *from)
{
    const struct carry_place *place = place_of(c, from);
    return place != NULL && place->from == from ? place->to : NULL;
}

const char *
carry_drop(struct carry *c, const char *to)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].to == to) {
            const char *from = c->items[i].from;
            c->count--;
            memmove(&c->items[i], &c->items[i + 1],
                    (c->count - i) * sizeof(*c->items));
            memset(&c->items[c->count], 0, sizeof(*c->items));
            return from;
        }
    }
    return NULL;
}

int
carry_lead(struct carry *c, const char *from, const char *to, size_t size)
{
    size_t count = c->place_count;
    struct carry_place *places = calloc(count + 1, sizeof(*places));
    if (places == NULL) {
        return -1;
    }
    if (count > 0) {
        memcpy(places, c->places, count * sizeof(*places));
    }
    places[count] = (struct carry_place){.from = from, .to = to,
                                         .size = size};
    wiped_free(c->places, count * sizeof(*places));
    c->places = places;
    c->place_count = count + 1;
    c->has_returned |= !elf_holds(&c->old->elf, from);
    return 0;
}

uintptr_t
carry_function(const struct carry *c, uintptr_t at)
{
    const struct carry_place *place
        = elf_holds(&c->old->elf, (const void *)at)
              ? place_of(c, (const char *)at)
              : NULL;
    return place != NULL && place->is_code && place->to != NULL
                   && (uintptr_t)place->from == at
               ? (uintptr_t)place->to
               : 0;
}

int
carry_tell(struct carry *c, char *name, char *why)
{
    struct carry_note *notes
        = name == NULL || why == NULL
              ? NULL
              : realloc(c->notes, (c->note_count + 1) * sizeof(*notes));
    if (notes == NULL) {
        free(name);
        free(why);
        return -1;
    }
    c->notes = notes;
    notes[c->note_count++] = (struct carry_note){name, why};
    return 0;
}

void
carry_dispose(struct carry *c)
{
    wiped_free(c->items, c->count * sizeof(*c->items));
    wiped_free(c->places, c->place_count * sizeof(*c->places));
    for (size_t i = 0; i < c->note_count; i++) {
        free(c->notes[i].name);
        free(c->notes[i].why);
    }
    free(c->notes);
    memset(c, 0, sizeof(*c));
}
