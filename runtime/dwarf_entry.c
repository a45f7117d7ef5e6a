/* dwarf_entry: see dwarf_entry.h. Here: forms and attributes. */
#include "dwarf_entry.h"

#include <string.h>

#include "guard.h"

/* DWARF 5, section 7.5.6, and GNU's two. */
enum {
    FORM_ADDR = 0x01,
    FORM_BLOCK2 = 0x03,
    FORM_BLOCK4 = 0x04,
    FORM_DATA2 = 0x05,
    FORM_DATA4 = 0x06,
    FORM_DATA8 = 0x07,
    FORM_STRING = 0x08,
    FORM_BLOCK = 0x09,
    FORM_BLOCK1 = 0x0a,
    FORM_DATA1 = 0x0b,
    FORM_FLAG = 0x0c,
    FORM_SDATA = 0x0d,
    FORM_STRP = 0x0e,
    FORM_UDATA = 0x0f,
    FORM_REF_ADDR = 0x10,
    FORM_REF1 = 0x11,
    FORM_REF2 = 0x12,
    FORM_REF4 = 0x13,
    FORM_REF8 = 0x14,
    FORM_REF_UDATA = 0x15,
    FORM_INDIRECT = 0x16,
    FORM_SEC_OFFSET = 0x17,
    FORM_EXPRLOC = 0x18,
    FORM_FLAG_PRESENT = 0x19,
    FORM_STRX = 0x1a,
    FORM_ADDRX = 0x1b,
    FORM_REF_SUP4 = 0x1c,
    FORM_STRP_SUP = 0x1d,
    FORM_DATA16 = 0x1e,
    FORM_LINE_STRP = 0x1f,
    FORM_REF_SIG8 = 0x20,
    FORM_IMPLICIT_CONST = 0x21,
    FORM_LOCLISTX = 0x22,
    FORM_RNGLISTX = 0x23,
    FORM_REF_SUP8 = 0x24,
    FORM_STRX1 = 0x25,
    FORM_STRX4 = 0x28,
    FORM_ADDRX1 = 0x29,
    FORM_ADDRX4 = 0x2c,
    FORM_GNU_REF_ALT = 0x1f20,
    FORM_GNU_STRP_ALT = 0x1f21
};

enum {
    AT_LOCATION = 0x02,
    AT_NAME = 0x03,
    AT_BYTE_SIZE = 0x0b,
    AT_BIT_SIZE = 0x0d,
    AT_PRODUCER = 0x25,
    AT_UPPER_BOUND = 0x2f,
    AT_ABSTRACT_ORIGIN = 0x31,
    AT_COUNT = 0x37,
    AT_MEMBER_LOCATION = 0x38,
    AT_DECL_FILE = 0x3a,
    AT_DECL_LINE = 0x3b,
    AT_DECLARATION = 0x3c,
    AT_ENCODING = 0x3e,
    AT_SPECIFICATION = 0x47,
    AT_TYPE = 0x49,
    AT_VIRTUALITY = 0x4c,
    AT_DATA_BIT_OFFSET = 0x6b,
    AT_LINKAGE_NAME = 0x6e,
    AT_STR_OFFSETS_BASE = 0x72,
    AT_ADDR_BASE = 0x73
};

#define OP_ADDR 0x03
#define OP_ADDRX 0xa1
#define OP_CONST8U 0x0e
#define OP_FORM_TLS_ADDRESS 0x9b
#define OP_GNU_PUSH_TLS_ADDRESS 0xe0 /* the same, before DWARF 5 */

/* What an attribute says: a number, a text, or a block of bytes. */
struct value {
    uint64_t number;
    const char *text;
    struct dwarf_span block;
};

struct reader {
    const struct dwarf *d;
    const struct dwarf_unit *u;
    struct dwarf_span in;
    bool is_bad;
};

static uint64_t
take(struct reader *r, size_t size)
{
    uint64_t number = 0;
    if (size > sizeof(number) || (size_t)(r->in.end - r->in.at) < size) {
        r->is_bad = true;
        return 0;
    }
    memcpy(&number, r->in.at, size); /* little-endian, as the machine is */
    r->in.at += size;
    return number;
}

static uint64_t
take_leb(struct dwarf_span *in, bool is_signed, bool *is_bad)
{
    uint64_t number = 0;
    unsigned shift = 0;
    for (;;) {
        if (in->at >= in->end || shift > 63) {
            *is_bad = true;
            return 0;
        }
        unsigned char byte = *in->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if ((byte & 0x80) == 0) {
            if (is_signed && (byte & 0x40) != 0 && shift < 64) {
                number |= ~(uint64_t)0 << shift;
            }
            return number;
        }
    }
}

uint64_t
dwarf_leb(struct dwarf_span *in, bool *is_bad)
{
    return take_leb(in, false, is_bad);
}

static struct dwarf_span
take_block(struct reader *r, uint64_t size)
{
    struct dwarf_span block = {r->in.at, r->in.at};
    if ((uint64_t)(r->in.end - r->in.at) < size) {
        r->is_bad = true;
        return block;
    }
    r->in.at += size;
    block.end = r->in.at;
    return block;
}

static const char *
text_at(const struct dwarf_span *in, uint64_t offset)
{
    if (offset >= (uint64_t)(in->end - in->at)
        || memchr(in->at + offset, '\0',
                  (size_t)(in->end - in->at) - offset) == NULL)
    {
        return NULL;
    }
    return (const char *)in->at + offset;
}

/* The number in slot `index` of a table whose slots have `size` bytes. */
static bool
look_up(const struct dwarf_span *in, uint64_t base, uint64_t index,
        size_t size, uint64_t *out)
{
    uint64_t len = (uint64_t)(in->end - in->at);
    *out = 0;
    if (base > len || index >= (len - base) / size) {
        return false;
    }
    memcpy(out, in->at + base + index * size, size);
    return true;
}

static const char *
text_by_index(const struct reader *r, uint64_t index)
{
    uint64_t offset = 0;
    return look_up(&r->d->str_offsets, r->u->str_base, index,
                   r->u->offset_size, &offset)
               ? text_at(&r->d->str, offset)
               : NULL;
}

size_t
dwarf_form_size(const struct dwarf_unit *u, uint64_t form)
{
    switch (form) {
    case FORM_DATA1:
    case FORM_FLAG:
    case FORM_REF1:
    case FORM_STRX1:
    case FORM_ADDRX1:
        return 1;
    case FORM_DATA2:
    case FORM_REF2:
    case FORM_STRX1 + 1:
    case FORM_ADDRX1 + 1:
        return 2;
    case FORM_STRX1 + 2:
    case FORM_ADDRX1 + 2:
        return 3;
    case FORM_DATA4:
    case FORM_REF4:
    case FORM_STRX4:
    case FORM_ADDRX4:
    case FORM_REF_SUP4:
        return 4;
    case FORM_DATA8:
    case FORM_REF8:
    case FORM_REF_SIG8:
    case FORM_REF_SUP8:
        return 8;
    case FORM_ADDR:
        return u->address_size;
    case FORM_REF_ADDR:
        return u->version < 3 ? u->address_size : u->offset_size;
    case FORM_STRP:
    case FORM_LINE_STRP:
    case FORM_SEC_OFFSET:
    case FORM_STRP_SUP:
    case FORM_GNU_REF_ALT:
    case FORM_GNU_STRP_ALT:
        return u->offset_size;
    default:
        return 0;
    }
}

static void
take_varying(struct reader *r, uint64_t form, struct value *v)
{
    switch (form) {
    case FORM_BLOCK1:
        v->block = take_block(r, take(r, 1));
        return;
    case FORM_BLOCK2:
        v->block = take_block(r, take(r, 2));
        return;
    case FORM_BLOCK4:
        v->block = take_block(r, take(r, 4));
        return;
    case FORM_BLOCK:
    case FORM_EXPRLOC:
        v->block = take_block(r, take_leb(&r->in, false, &r->is_bad));
        return;
    case FORM_DATA16:
        v->block = take_block(r, 16);
        return;
    case FORM_STRING:
        v->text = text_at(&r->in, 0);
        r->is_bad |= v->text == NULL;
        r->in.at += v->text == NULL ? 0 : strlen(v->text) + 1;
        return;
    case FORM_SDATA:
        v->number = take_leb(&r->in, true, &r->is_bad);
        return;
    case FORM_UDATA:
    case FORM_REF_UDATA:
    case FORM_STRX:
    case FORM_ADDRX:
    case FORM_LOCLISTX:
    case FORM_RNGLISTX:
        v->number = take_leb(&r->in, false, &r->is_bad);
        return;
    case FORM_FLAG_PRESENT:
        v->number = 1;
        return;
    default:
        r->is_bad = true;
    }
}

/* From a form's number to what it means. */
static void
resolve(struct reader *r, uint64_t form, struct value *v)
{
    if (form >= FORM_REF1 && form <= FORM_REF_UDATA) {
        v->number += r->u->start;
    }
    else if (form == FORM_STRP) {
        v->text = text_at(&r->d->str, v->number);
    }
    else if (form == FORM_LINE_STRP) {
        v->text = text_at(&r->d->line_str, v->number);
    }
    else if (form == FORM_STRX
             || (form >= FORM_STRX1 && form <= FORM_STRX4))
    {
        v->text = text_by_index(r, v->number);
    }
    else if (form == FORM_REF_SIG8 || form == FORM_REF_SUP4
             || form == FORM_REF_SUP8 || form == FORM_GNU_REF_ALT)
    {
        v->number = 0; /* in another file, or by signature */
    }
}

static void
take_value(struct reader *r, uint64_t form, struct value *v)
{
    memset(v, 0, sizeof(*v));
    if (form == FORM_INDIRECT) {
        form = take_leb(&r->in, false, &r->is_bad);
    }
    size_t size = dwarf_form_size(r->u, form);
    if (size > 0) {
        v->number = take(r, size);
    }
    else {
        take_varying(r, form, v);
    }
    resolve(r, form, v);
}

/* Only what is one address for ever is of interest. */
static void
take_location(const struct reader *r, struct dwarf_span block,
              struct dwarf_entry *e)
{
    uint64_t address = 0;
    size_t size = r->u->address_size;
    if (block.at == block.end) {
        return;
    }
    unsigned op = *block.at++;
    if (op == OP_ADDR && (size_t)(block.end - block.at) == size) {
        memcpy(&address, block.at, size);
        e->has_address = true;
    }
    else if (op == OP_CONST8U && size == sizeof(address)
             && (size_t)(block.end - block.at) == size + 1
             && (block.at[size] == OP_FORM_TLS_ADDRESS
                 || block.at[size] == OP_GNU_PUSH_TLS_ADDRESS))
    {
        memcpy(&address, block.at, size);
        e->is_of_thread = true;
    }
    else if (op == OP_ADDRX) {
        bool is_bad = false;
        uint64_t index = take_leb(&block, false, &is_bad);
        e->has_address = !is_bad && block.at == block.end
                         && look_up(&r->d->addr, r->u->addr_base, index,
                                    size, &address);
    }
    e->address = address;
}

static void
keep(const struct reader *r, uint64_t attribute, const struct value *v,
     struct dwarf_entry *e)
{
    const struct {
        uint64_t attribute;
        uint64_t *number;
    } numbers[] = {{AT_TYPE, &e->type},
                   {AT_ABSTRACT_ORIGIN, &e->origin},
                   {AT_SPECIFICATION, &e->origin},
                   {AT_BYTE_SIZE, &e->size},
                   {AT_MEMBER_LOCATION, &e->place},
                   {AT_BIT_SIZE, &e->bit_size},
                   {AT_DATA_BIT_OFFSET, &e->bit_place},
                   {AT_STR_OFFSETS_BASE, &e->str_base},
                   {AT_ADDR_BASE, &e->addr_base}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i].attribute == attribute) {
            *numbers[i].number = v->number;
        }
    }
    switch (attribute) {
    case AT_NAME:
        e->name = v->text;
        return;
    case AT_LINKAGE_NAME:
        e->linkage = v->text;
        return;
    case AT_VIRTUALITY:
        e->is_virtual = v->number != 0;
        return;
    case AT_PRODUCER:
        e->producer = v->text;
        return;
    case AT_LOCATION:
        take_location(r, v->block, e);
        return;
    case AT_UPPER_BOUND:
    case AT_COUNT:
        e->has_count = v->block.at == NULL;
        e->count = v->number + (attribute == AT_UPPER_BOUND ? 1 : 0);
        return;
    case AT_ENCODING:
        e->encoding = (unsigned)v->number;
        return;
    case AT_DECL_LINE:
        e->line = (unsigned)v->number;
        return;
    case AT_DECL_FILE:
        e->file = (unsigned)v->number;
        return;
    case AT_DECLARATION:
        e->is_declaration = v->number != 0;
        return;
    default:
        return;
    }
}

uint64_t
dwarf_entry_read(const struct dwarf *d, const struct dwarf_unit *u,
                 uint64_t offset, struct dwarf_entry *e)
{
    struct reader r = {.d = d, .u = u};
    memset(e, 0, sizeof(*e));
    e->offset = offset;
    if (offset < u->first || offset >= u->end) {
        return 0;
    }
    r.in.at = d->info.at + offset;
    r.in.end = d->info.at + u->end;
    uint64_t code = take_leb(&r.in, false, &r.is_bad);
    if (code == 0) {
        return r.is_bad ? 0 : (uint64_t)(r.in.at - d->info.at);
    }
    if (code >= u->abbrev_count || u->abbrevs[code] == 0) {
        return 0;
    }
    struct dwarf_span said = {d->abbrev.at + u->abbrevs[code],
                              d->abbrev.end};
    e->tag = (unsigned)take_leb(&said, false, &r.is_bad);
    e->has_children = said.at < said.end && *said.at++ != 0;
    while (!r.is_bad) {
        uint64_t attribute = take_leb(&said, false, &r.is_bad);
        uint64_t form = take_leb(&said, false, &r.is_bad);
        struct value v = {0};
        if (attribute == 0 && form == 0) {
            break;
        }
        if (form == FORM_IMPLICIT_CONST) {
            v.number = take_leb(&said, true, &r.is_bad);
        }
        else if (!r.is_bad) {
            take_value(&r, form, &v);
        }
        keep(&r, attribute, &v, e);
    }
    return r.is_bad ? 0 : (uint64_t)(r.in.at - d->info.at);
}
