/* dwarf: see dwarf.h. Here: units and variables; types are dwarf_types.c's.
 */
#include "dwarf_entry.h"

#include <stdlib.h>
#include <string.h>

#include "dwarf_skip.h"
#include "sections.h"

#include "guard.h"

#define DEPTH_MAX 64
/* Codes are small and dense; more than that is no compiler's. */
#define ABBREVS_MAX 100000
#define UNIT_COMPILE 1

static struct dwarf_span
span(const struct sections *s, const char *name)
{
    size_t len = 0;
    const unsigned char *at = sections_named(s, name, &len);
    return (struct dwarf_span){at, at == NULL ? NULL : at + len};
}

static uint64_t
number_at(const struct dwarf *d, uint64_t offset, size_t size)
{
    uint64_t number = 0;
    memcpy(&number, d->info.at + offset, size);
    return number;
}

static uint64_t
leb(struct dwarf_span *in)
{
    uint64_t number = 0;
    for (unsigned shift = 0; in->at < in->end && shift < 64; shift += 7) {
        unsigned char byte = *in->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return number;
        }
    }
    in->at = in->end;
    return 0;
}

#define FORM_IMPLICIT_CONST 0x21

/* Where each code's description stands. The first pass counts. */
static int
read_abbrevs(const struct dwarf *d, struct dwarf_unit *u, uint64_t offset)
{
    for (int pass = 0; pass < 2; pass++) {
        struct dwarf_span in = d->abbrev;
        if (offset >= (uint64_t)(in.end - in.at)) {
            return 0;
        }
        in.at += offset;
        for (uint64_t code = leb(&in); code != 0 && code < ABBREVS_MAX;
             code = leb(&in))
        {
            if (pass == 0 && code >= u->abbrev_count) {
                u->abbrev_count = code + 1;
            }
            else if (pass == 1) {
                u->abbrevs[code] = (uint64_t)(in.at - d->abbrev.at);
            }
            leb(&in);
            in.at += in.at < in.end ? 1 : 0;
            uint64_t attribute;
            uint64_t form;
            do {
                attribute = leb(&in);
                form = leb(&in);
                if (form == FORM_IMPLICIT_CONST) {
                    leb(&in);
                }
            } while (in.at < in.end && (attribute != 0 || form != 0));
        }
        if (pass == 0) {
            u->abbrevs = calloc(u->abbrev_count + 1, sizeof(*u->abbrevs));
            if (u->abbrevs == NULL) {
                return -1;
            }
        }
    }
    return 0;
}

/* DWARF 5, section 7.5.1.1: the header of a unit; false: not one of ours. */
static bool
read_header(const struct dwarf *d, struct dwarf_unit *u, uint64_t *abbrevs)
{
    uint64_t left = (uint64_t)(d->info.end - d->info.at) - u->start;
    if (left < 12) {
        u->end = u->start + left;
        return false;
    }
    uint64_t len = number_at(d, u->start, 4);
    uint64_t at = u->start + 4;
    u->offset_size = 4;
    if (len == 0xffffffff) {
        len = number_at(d, at, 8);
        at += 8;
        u->offset_size = 8;
    }
    if (len > left - (at - u->start) || len < 20) {
        u->end = u->start + left;
        return false;
    }
    u->end = at + len;
    u->version = (unsigned)number_at(d, at, 2);
    at += 2;
    if (u->version == 5) {
        bool is_compile = number_at(d, at, 1) == UNIT_COMPILE;
        u->address_size = (unsigned)number_at(d, at + 1, 1);
        *abbrevs = number_at(d, at + 2, u->offset_size);
        u->first = at + 2 + u->offset_size;
        return is_compile && u->address_size == sizeof(void *);
    }
    *abbrevs = number_at(d, at, u->offset_size);
    u->address_size = (unsigned)number_at(d, at + u->offset_size, 1);
    u->first = at + u->offset_size + 1;
    return u->version == 4 && u->address_size == sizeof(void *);
}

static int
add_unit(struct dwarf *d, struct dwarf_unit *u, uint64_t abbrevs)
{
    struct dwarf_unit *units = realloc(d->units,
                                       (d->unit_count + 1) * sizeof(*units));
    if (units == NULL) {
        return -1;
    }
    d->units = units;
    struct dwarf_unit *kept = &d->units[d->unit_count++];
    *kept = *u;
    if (read_abbrevs(d, kept, abbrevs) < 0 || dwarf_skip_begin(d, kept) < 0) {
        return -1;
    }
    struct dwarf_entry top;
    if (dwarf_entry_read(d, kept, kept->first, &top) != 0) {
        kept->str_base = top.str_base;
        kept->addr_base = top.addr_base;
    }
    return 0;
}

int
dwarf_read(struct dwarf *d, const struct sections *s)
{
    memset(d, 0, sizeof(*d));
    d->info = span(s, ".debug_info");
    d->abbrev = span(s, ".debug_abbrev");
    d->str = span(s, ".debug_str");
    d->line_str = span(s, ".debug_line_str");
    d->str_offsets = span(s, ".debug_str_offsets");
    d->addr = span(s, ".debug_addr");
    uint64_t len = (uint64_t)(d->info.end - d->info.at);
    for (uint64_t at = 0; d->abbrev.at != NULL && at < len;) {
        struct dwarf_unit u = {.start = at};
        uint64_t abbrevs = 0;
        if (read_header(d, &u, &abbrevs) && add_unit(d, &u, abbrevs) < 0) {
            dwarf_dispose(d);
            return -1;
        }
        at = u.end;
    }
    return 0;
}

const struct dwarf_unit *
dwarf_unit_of(const struct dwarf *d, uint64_t offset)
{
    for (size_t i = 0; i < d->unit_count; i++) {
        if (offset >= d->units[i].first && offset < d->units[i].end) {
            return &d->units[i];
        }
    }
    return NULL;
}

/* -- variables ------------------------------------------------------------ */

struct walk {
    const struct dwarf *d;
    const struct dwarf_unit *u;
    const char *functions[DEPTH_MAX]; /* by depth; NULL: not in one */
    size_t depth;
    bool (*each)(void *data, const struct dwarf_variable *v);
    void *data;
    bool is_over;
};

/* What an entry that only adds an address to another one leaves out. */
static void
complete(const struct walk *w, struct dwarf_entry *e)
{
    struct dwarf_entry from = {.origin = e->origin};
    for (int i = 0; i < 4 && e->name == NULL && from.origin != 0; i++) {
        const struct dwarf_unit *u = dwarf_unit_of(w->d, from.origin);
        if (u == NULL || dwarf_entry_read(w->d, u, from.origin, &from) == 0) {
            return;
        }
        e->name = from.name;
        e->type = e->type != 0 ? e->type : from.type;
        e->line = e->line != 0 ? e->line : from.line;
    }
}

/* tcc writes a function's static variables before it, beside those of the
 * file: lines tell them apart, unless it all stands on one. The next function
 * that is defined decides. */
static void
find_owner(const struct walk *w, const struct dwarf_entry *e, uint64_t next,
           struct dwarf_variable *v)
{
    struct dwarf_head head = {0};
    struct dwarf_entry at = {0};
    while (next != 0 && next < w->u->end) {
        uint64_t here = next;
        next = dwarf_skip(w->d, w->u, next, &head);
        if (next == 0 || head.tag == 0) {
            break;
        }
        if (head.tag == TAG_SUBPROGRAM
            && dwarf_entry_read(w->d, w->u, here, &at) != 0
            && !at.is_declaration)
        {
            break;
        }
        for (size_t deep = head.has_children; deep > 0 && next != 0;) {
            next = dwarf_skip(w->d, w->u, next, &head);
            deep = head.tag == 0 ? deep - 1 : deep + head.has_children;
        }
    }
    bool is_before = next != 0 && head.tag == TAG_SUBPROGRAM
                     && at.file == e->file && at.line <= e->line;
    v->function = is_before && at.line < e->line ? at.name : NULL;
    v->is_sure = !is_before || at.line < e->line;
}

static void
tell(struct walk *w, struct dwarf_entry *e, uint64_t next, bool is_flat)
{
    complete(w, e);
    if (e->name == NULL || (e->is_declaration && !e->has_address
                            && !e->is_of_thread)) {
        return;
    }
    struct dwarf_variable v = {.name = e->name,
                               .function = w->functions[w->depth],
                               .is_sure = true,
                               .has_address = e->has_address,
                               .is_of_thread = e->is_of_thread,
                               .address = e->address,
                               .type = e->type};
    if (v.function != NULL && !e->has_address && !e->is_of_thread) {
        return; /* one of the stack */
    }
    if (is_flat && w->depth == 1) {
        find_owner(w, e, next, &v);
    }
    w->is_over = !w->each(w->data, &v);
}

/* Whether there is no variable among its children, which are fields in C. */
static bool
is_plain(const struct dwarf_head *head)
{
    return head->tag == TAG_STRUCT || head->tag == TAG_UNION
           || head->tag == TAG_ENUM;
}

static void
walk_unit(struct walk *w)
{
    struct dwarf_head head;
    struct dwarf_entry e;
    uint64_t at = dwarf_entry_read(w->d, w->u, w->u->first, &e);
    bool is_flat = e.producer != NULL && strncmp(e.producer, "tcc", 3) == 0;
    w->depth = 1;
    w->functions[0] = w->functions[1] = NULL;
    while (at != 0 && at < w->u->end && w->depth > 0 && !w->is_over) {
        uint64_t here = at;
        at = dwarf_skip(w->d, w->u, at, &head);
        if (at == 0 || head.tag == 0) {
            w->depth -= 1;
            continue;
        }
        bool is_wanted = head.tag == TAG_VARIABLE
                         || head.tag == TAG_SUBPROGRAM;
        if (is_wanted && dwarf_entry_read(w->d, w->u, here, &e) == 0) {
            return;
        }
        if (head.tag == TAG_VARIABLE) {
            tell(w, &e, at, is_flat);
        }
        if (is_flat && is_plain(&head) && head.behind > at
            && head.behind <= w->u->end)
        {
            at = head.behind;
        }
        else if (head.has_children) {
            const char *outer = w->functions[w->depth];
            if (w->depth + 1 >= DEPTH_MAX) {
                return;
            }
            if (head.tag == TAG_SUBPROGRAM) {
                complete(w, &e);
                outer = e.name;
            }
            w->functions[++w->depth] = outer;
        }
    }
}

void
dwarf_variables(const struct dwarf *d,
                bool (*each)(void *data, const struct dwarf_variable *v),
                void *data)
{
    struct walk w = {.d = d, .each = each, .data = data};
    for (size_t i = 0; i < d->unit_count && !w.is_over; i++) {
        w.u = &d->units[i];
        walk_unit(&w);
    }
}

void
dwarf_dispose(struct dwarf *d)
{
    for (size_t i = 0; i < d->unit_count; i++) {
        free(d->units[i].abbrevs);
        free(d->units[i].shapes);
        free(d->units[i].steps);
    }
    free(d->units);
    memset(d, 0, sizeof(*d));
}
