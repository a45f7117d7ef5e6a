/* debuginfo: see debuginfo.h. The numbers are those of the DWARF 5 standard,
 * section 7.5. */
#include "wire/debuginfo.h"

#include "wire/debugcursor.h"

/* -- values --------------------------------------------------------------- */

struct value {
    uint64_t number;
    const char *text;
    bool is_reference; /* number: from the start of .debug_info */
    bool is_address;
};

/* A name by its number in a table of offsets. */
static const char *
numbered_text(const struct debug *d, const struct debug_unit *u, uint64_t n)
{
    struct cursor c = cursor_at(&d->string_offsets,
                                u->strings_base + n * u->word);
    uint64_t at = take(&c, u->word);
    return c.is_bad ? NULL : text_at(&d->strings, at);
}

static void
take_string(struct cursor *c, struct value *v)
{
    const uint8_t *end = memchr(c->at, '\0', (size_t)(c->end - c->at));
    v->text = (const char *)c->at;
    skip(c, end == NULL ? UINT64_MAX : (uint64_t)(end - c->at) + 1);
}

/* An expression or a block: only "add this much" is a number to us. */
static void
take_block(struct cursor *c, uint64_t len, struct value *v)
{
    struct cursor inside = *c;
    skip(c, len);
    if (!c->is_bad && len > 1 && take(&inside, 1) == 0x23) {
        v->number = take_leb(&inside, false);
    }
}

static void
take_number_form(const struct debug *d, const struct debug_unit *u,
                 struct cursor *c, unsigned form, struct value *v)
{
    switch (form) {
    case 0x1a: /* strx */
        v->text = numbered_text(d, u, take_leb(c, false));
        break;
    case 0x25: case 0x26: case 0x27: case 0x28: /* strx1 … strx4 */
        v->text = numbered_text(d, u, take(c, form - 0x24));
        break;
    case 0x0e: /* strp */
        v->text = text_at(&d->strings, take(c, u->word));
        break;
    case 0x1f: /* line_strp */
        v->text = text_at(&d->line_strings, take(c, u->word));
        break;
    case 0x29: case 0x2a: case 0x2b: case 0x2c: /* addrx1 … addrx4 */
        (void)take(c, form - 0x28);
        break;
    case 0x17: case 0x1d: /* sec_offset, strp_sup */
        v->number = take(c, u->word);
        break;
    case 0x1e: /* data16 */
        skip(c, 16);
        break;
    case 0x1c: /* ref_sup4 */
        (void)take(c, 4);
        break;
    case 0x20: case 0x24: /* ref_sig8, ref_sup8 */
        (void)take(c, 8);
        break;
    default:
        c->is_bad = true;
    }
}

/* What is as long as its form says. */
static bool
take_fixed(const struct debug_unit *u, struct cursor *c, unsigned form,
           struct value *v)
{
    switch (form) {
    case 0x01: /* addr */
        v->number = take(c, u->address);
        v->is_address = true;
        return true;
    case 0x0b: case 0x0c: /* data1, flag */
        v->number = take(c, 1);
        return true;
    case 0x05: /* data2 */
        v->number = take(c, 2);
        return true;
    case 0x06: /* data4 */
        v->number = take(c, 4);
        return true;
    case 0x07: /* data8 */
        v->number = take(c, 8);
        return true;
    case 0x0d: /* sdata */
        v->number = take_leb(c, true);
        return true;
    case 0x0f: case 0x1b: case 0x22: case 0x23: /* udata, numbers of lists */
        v->number = take_leb(c, false);
        return true;
    case 0x19: /* flag_present */
        v->number = 1;
        return true;
    default:
        return false;
    }
}

/* Another entry of the same file. */
static bool
take_reference(const struct debug_unit *u, struct cursor *c, unsigned form,
               struct value *v)
{
    switch (form) {
    case 0x11: case 0x12: case 0x13: case 0x14: /* ref1 … ref8 */
        v->number = u->start + take(c, 1u << (form - 0x11));
        break;
    case 0x15: /* ref_udata */
        v->number = u->start + take_leb(c, false);
        break;
    case 0x10: /* ref_addr */
        v->number = take(c, u->version == 2 ? u->address : u->word);
        break;
    default:
        return false;
    }
    v->is_reference = true;
    return true;
}

static struct value
take_value(const struct debug *d, const struct debug_unit *u,
           struct cursor *c, unsigned form, uint64_t constant)
{
    struct value v = {0, NULL, false, false};
    if (form == 0x16) { /* indirect */
        form = (unsigned)take_leb(c, false);
        c->is_bad |= form == 0x16 || form == 0x21;
    }
    if (take_fixed(u, c, form, &v) || take_reference(u, c, form, &v)) {
        return v;
    }
    switch (form) {
    case 0x08: /* string */
        take_string(c, &v);
        break;
    case 0x21: /* implicit_const */
        v.number = constant;
        break;
    case 0x0a: /* block1 */
        take_block(c, take(c, 1), &v);
        break;
    case 0x03: /* block2 */
        take_block(c, take(c, 2), &v);
        break;
    case 0x04: /* block4 */
        take_block(c, take(c, 4), &v);
        break;
    case 0x09: case 0x18: /* block, exprloc */
        take_block(c, take_leb(c, false), &v);
        break;
    default:
        take_number_form(d, u, c, form, &v);
    }
    return v;
}

/* -- entries -------------------------------------------------------------- */

static void
note(struct debug_entry *y, unsigned attribute, const struct value *v)
{
    switch (attribute) {
    case 0x01: /* sibling */
        y->sibling = v->is_reference ? v->number : 0;
        break;
    case 0x03: /* name */
        y->name = v->text != NULL && v->text[0] != '\0' ? v->text : NULL;
        break;
    case 0x0b: /* byte_size */
        y->size = v->number;
        y->has_size = true;
        break;
    case 0x0c: /* bit_offset */
        y->bit_offset = v->number;
        y->has_bit_offset = true;
        break;
    case 0x0d: /* bit_size */
        y->bits = v->number;
        break;
    case 0x11: /* low_pc */
        y->low = v->is_address ? v->number : 0;
        break;
    case 0x12: /* high_pc: an address, or how much further */
        y->high = v->is_address ? v->number : y->low + v->number;
        break;
    case 0x2f: /* upper_bound */
        y->count = v->number + 1;
        y->has_count = !v->is_reference;
        break;
    case 0x31: /* abstract_origin */
        y->origin = v->is_reference ? v->number : 0;
        break;
    case 0x37: /* count */
        y->count = v->number;
        y->has_count = !v->is_reference;
        break;
    case 0x38: /* data_member_location */
        y->place = v->number;
        y->has_place = true;
        break;
    case 0x3c: /* declaration */
        y->is_declaration = v->number != 0;
        break;
    case 0x3e: /* encoding */
        y->encoding = (unsigned)v->number;
        break;
    case 0x49: /* type */
        y->type = v->is_reference ? v->number : 0;
        break;
    case 0x6b: /* data_bit_offset */
        y->bit_place = v->number;
        y->has_bit_place = true;
        break;
    default:
        break;
    }
}

/* A constant of the abbreviation stands there, and for all its entries. */
static void
note_line(struct debug_entry *y, unsigned attribute, unsigned form,
          const uint8_t *from, const uint8_t *to, const struct value *v)
{
    bool is_leb = form == 0x0d || form == 0x0f || form == 0x21;
    bool is_call = attribute == 0x59;
    if (is_call || attribute == 0x3b) {
        y->lines[is_call] = (struct debug_number){from, (size_t)(to - from),
                                                  is_leb, v->number};
    }
}

static bool
read_entry(const struct debug *d, const struct debug_unit *u, uint64_t at,
           struct debug_entry *y, uint64_t *strings_base)
{
    memset(y, 0, sizeof(*y));
    y->unit = u;
    y->at = at;
    if (at < u->first || at >= u->end) {
        return false;
    }
    struct cursor c = {d->info.at + at, d->info.at + u->end, false};
    uint64_t code = take_leb(&c, false);
    if (code != 0 && (code >= u->abbrev_count || u->abbrevs[code] == NULL)) {
        return false;
    }
    struct cursor a = {NULL, NULL, false};
    if (code != 0) {
        a.at = u->abbrevs[code];
        a.end = d->abbrev.at + d->abbrev.len;
        y->tag = (unsigned)take_leb(&a, false);
        y->has_children = take(&a, 1) != 0;
    }
    while (code != 0 && !a.is_bad && !c.is_bad) {
        unsigned attribute = (unsigned)take_leb(&a, false);
        unsigned form = (unsigned)take_leb(&a, false);
        bool is_there = form != 0x21;
        const uint8_t *from = is_there ? c.at : a.at;
        uint64_t constant = is_there ? 0 : take_leb(&a, true);
        if (attribute == 0 && form == 0) {
            break;
        }
        struct value v = take_value(d, u, &c, form, constant);
        note(y, attribute, &v);
        note_line(y, attribute, form, from, is_there ? c.at : a.at, &v);
        if (attribute == 0x72 && strings_base != NULL) { /* str_offsets_base */
            *strings_base = v.number;
        }
    }
    y->next = (uint64_t)(c.at - d->info.at);
    return !a.is_bad && !c.is_bad;
}

bool
debug_read(const struct debug *d, const struct debug_unit *u, uint64_t at,
           struct debug_entry *entry)
{
    return read_entry(d, u, at, entry, NULL);
}

bool
debug_read_first(const struct debug *d, const struct debug_unit *u,
                 struct debug_entry *entry, uint64_t *strings_base)
{
    return read_entry(d, u, u->first, entry, strings_base);
}

bool
debug_at(const struct debug *d, uint64_t at, struct debug_entry *entry)
{
    for (size_t i = 0; at != 0 && i < d->unit_count; i++) {
        if (at >= d->units[i].first && at < d->units[i].end) {
            return debug_read(d, &d->units[i], at, entry);
        }
    }
    return false;
}

uint64_t
debug_after(const struct debug *d, const struct debug_entry *entry)
{
    if (!entry->has_children) {
        return entry->next;
    }
    if (entry->sibling > entry->at) {
        return entry->sibling;
    }
    unsigned depth = 1;
    struct debug_entry y = *entry;
    while (depth > 0) {
        if (!debug_read(d, entry->unit, y.next, &y)) {
            return 0;
        }
        depth += y.tag != 0 && y.has_children ? 1 : 0;
        depth -= y.tag == 0 ? 1 : 0;
    }
    return y.next;
}
