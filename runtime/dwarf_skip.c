/* dwarf_skip: see dwarf_skip.h.
 *
 * An abbreviation becomes a few steps, a byte each: so many bytes, or one of
 * the few kinds whose length stands in the entry. Neighbours of fixed size are
 * one step.
 */
#include "dwarf_skip.h"

#include <stdlib.h>
#include <string.h>

#include "dwarf_entry.h"

#include "guard.h"

/* A step below FIXED_MOST is a number of bytes; these are not. */
enum step {
    FIXED_MOST = 0xf0,
    STEP_LEB,    /* a number of its own length */
    STEP_BLOCK,  /* a number and so many bytes */
    STEP_STRING, /* up to a NUL */
    STEP_READ,   /* anything else: the entry is read */
    STEP_END
};

/* DWARF 5, section 7.5.6: those whose length is not fixed. */
static enum step
step_of(unsigned form)
{
    switch (form) {
    case 0x08: /* string */
        return STEP_STRING;
    case 0x09: case 0x18: /* block, exprloc */
        return STEP_BLOCK;
    case 0x0d: case 0x0f: case 0x15: /* sdata, udata, ref_udata */
    case 0x1a: case 0x1b: case 0x22: case 0x23: /* strx, addrx and lists */
        return STEP_LEB;
    default:
        return STEP_READ;
    }
}

struct steps {
    unsigned char *items;
    size_t count, room;
    unsigned bytes; /* gathered, not yet a step */
    size_t sibling; /* bytes of this entry since that began; 0: none, or not
                       always as many */
};

static int
add(struct steps *s, unsigned char step)
{
    if (s->count == s->room) {
        size_t room = s->room * 2 + 256;
        unsigned char *items = calloc(room, 1); /* what lay there is gone */
        if (items == NULL) {
            return -1;
        }
        if (s->count > 0) {
            memcpy(items, s->items, s->count);
        }
        free(s->items);
        s->items = items;
        s->room = room;
    }
    s->items[s->count++] = step;
    return 0;
}

static int
flush(struct steps *s)
{
    int done = s->bytes > 0 ? add(s, (unsigned char)s->bytes) : 0;
    s->bytes = 0;
    return done;
}

static int
add_form(struct steps *s, const struct dwarf_unit *u, uint64_t form)
{
    size_t size = dwarf_form_size(u, form);
    if (size > 0) {
        s->sibling += s->sibling > 0 ? size : 0;
        int done = s->bytes + size >= FIXED_MOST ? flush(s) : 0;
        s->bytes += (unsigned)size;
        return done;
    }
    if (form == DWARF_FLAG_PRESENT || form == DWARF_IMPLICIT_CONST) {
        return 0; /* it stands in the abbreviation */
    }
    s->sibling = 0;
    return flush(s) < 0 ? -1 : add(s, (unsigned char)step_of((unsigned)form));
}

/* The steps of one abbreviation, which stands at `at`. */
static int
add_shape(const struct dwarf_unit *u, struct dwarf_span at,
          struct dwarf_shape *shape, struct steps *s)
{
    bool is_bad = false;
    shape->tag = (unsigned)dwarf_leb(&at, &is_bad);
    shape->has_children = at.at < at.end && *at.at++ != 0;
    shape->first = s->count;
    for (;;) {
        uint64_t attribute = dwarf_leb(&at, &is_bad);
        uint64_t form = dwarf_leb(&at, &is_bad);
        if (is_bad) {
            return add(s, STEP_READ);
        }
        if (attribute == 0 && form == 0) {
            shape->sibling = s->sibling;
            return flush(s) < 0 ? -1 : add(s, STEP_END);
        }
        if (form == DWARF_IMPLICIT_CONST) {
            (void)dwarf_leb(&at, &is_bad);
        }
        if (add_form(s, u, form) < 0) {
            return -1;
        }
        if (attribute == DWARF_SIBLING && form == DWARF_REF4) {
            s->sibling = sizeof(uint32_t);
        }
    }
}

int
dwarf_skip_begin(const struct dwarf *d, struct dwarf_unit *u)
{
    struct steps s = {.count = 0};
    int done = 0;
    u->shapes = calloc(u->abbrev_count + 1, sizeof(*u->shapes));
    if (u->shapes == NULL) {
        return -1;
    }
    for (size_t code = 1; code < u->abbrev_count && done == 0; code++) {
        struct dwarf_span at = {d->abbrev.at + u->abbrevs[code],
                                d->abbrev.end};
        if (u->abbrevs[code] != 0) {
            s.bytes = 0;
            s.sibling = 0;
            done = add_shape(u, at, &u->shapes[code], &s);
        }
    }
    u->steps = s.items;
    return done;
}

/* dwarf_leb, where one byte is the rule. */
static inline uint64_t
leb(struct dwarf_span *in, bool *is_bad)
{
    return in->at < in->end && *in->at < 0x80 ? *in->at++
                                              : dwarf_leb(in, is_bad);
}

/* False where the entry has to be read. */
static bool
take_steps(const unsigned char *step, struct dwarf_span *in)
{
    bool is_bad = false;
    for (; *step != STEP_END; step++) {
        uint64_t len = *step;
        switch (*step) {
        case STEP_READ:
            return false;
        case STEP_LEB:
            (void)leb(in, &is_bad);
            len = 0;
            break;
        case STEP_BLOCK:
            len = leb(in, &is_bad);
            break;
        case STEP_STRING:
            len = strnlen((const char *)in->at, (size_t)(in->end - in->at))
                  + 1;
            break;
        default:
            break;
        }
        if (is_bad || len > (uint64_t)(in->end - in->at)) {
            return false;
        }
        in->at += len;
    }
    return true;
}

/* The offset that stands so many bytes before `end`. */
static uint64_t
read_sibling(const struct dwarf_unit *u, const unsigned char *end, size_t back)
{
    uint32_t offset;
    memcpy(&offset, end - back, sizeof(offset));
    return u->start + offset;
}

uint64_t
dwarf_skip(const struct dwarf *d, const struct dwarf_unit *u,
           uint64_t offset, struct dwarf_head *head)
{
    *head = (struct dwarf_head){.tag = 0};
    if (offset < u->first || offset >= u->end) {
        return 0;
    }
    bool is_bad = false;
    struct dwarf_span in = {d->info.at + offset, d->info.at + u->end};
    uint64_t code = leb(&in, &is_bad);
    if (is_bad || code >= u->abbrev_count
        || (code != 0 && u->abbrevs[code] == 0))
    {
        return 0;
    }
    if (code != 0) {
        const struct dwarf_shape *shape = &u->shapes[code];
        head->tag = shape->tag;
        head->has_children = shape->has_children;
        if (!take_steps(u->steps + shape->first, &in)) {
            struct dwarf_entry e;
            return dwarf_entry_read(d, u, offset, &e);
        }
        if (shape->has_children && shape->sibling > 0) {
            head->behind = read_sibling(u, in.at, shape->sibling);
        }
    }
    return (uint64_t)(in.at - d->info.at);
}
