/* debugcursor: bytes taken one after the other. Private to debuginfo,
 * debugfile and debugline.
 */
#ifndef COWBIRD_WIRE_DEBUGCURSOR_H
#define COWBIRD_WIRE_DEBUGCURSOR_H

#include <string.h>

#include "wire/debuginfo.h"

/* A place in bytes; reading past the end sets is_bad and gives 0. */
struct cursor {
    const uint8_t *at, *end;
    bool is_bad;
};

static inline uint64_t
take(struct cursor *c, unsigned len)
{
    uint64_t value = 0;
    if (len > 8 || (size_t)(c->end - c->at) < len) {
        c->is_bad = true;
        c->at = c->end;
        return 0;
    }
    memcpy(&value, c->at, len); /* little-endian files only */
    c->at += len;
    return value;
}

static inline void
skip(struct cursor *c, uint64_t len)
{
    if (len > (uint64_t)(c->end - c->at)) {
        c->is_bad = true;
        len = (uint64_t)(c->end - c->at);
    }
    c->at += len;
}

static inline uint64_t
take_leb(struct cursor *c, bool is_signed)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte = 0x80;
    while ((byte & 0x80) != 0 && !c->is_bad) {
        byte = (uint8_t)take(c, 1);
        if (shift < 64) {
            value |= (uint64_t)(byte & 0x7f) << shift;
        }
        shift += 7;
    }
    if (is_signed && shift < 64 && (byte & 0x40) != 0) {
        value |= ~(uint64_t)0 << shift;
    }
    return value;
}

static inline const char *
text_at(const struct debug_bytes *b, uint64_t at)
{
    if (at >= b->len || memchr(b->at + at, '\0', b->len - at) == NULL) {
        return NULL;
    }
    return (const char *)b->at + at;
}

static inline struct cursor
cursor_at(const struct debug_bytes *b, uint64_t at)
{
    struct cursor c = {b->at, b->at + b->len, at > b->len};
    c.at = c.is_bad ? c.end : c.at + at;
    return c;
}

/* As debug_read; also gives the unit's attribute str_offsets_base. */
bool debug_read_first(const struct debug *d, const struct debug_unit *u,
                      struct debug_entry *entry, uint64_t *strings_base);

#endif
