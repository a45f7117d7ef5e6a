/* cowbird_formats.h: whether a buffer's format (PEP 3118) tells of a struct of
 * ours: "T{d:x:(3)i:n:4x}", as numpy, ctypes or another module writes it.
 *
 * Part of cowbird_structs.h, for no other use.
 */
#ifndef COWBIRD_FORMATS_H
#define COWBIRD_FORMATS_H

#include <cowbird_structs.h>

struct cb_format {
    const char *at;
    size_t offset;    /* bytes that have been told of */
    bool is_aligned;  /* '@': as C would lay them out */
    bool is_standard; /* '=', '<', '>': sizes that no machine changes */
    bool is_foreign;  /* the other byte order */
};

static bool cb_read_struct(struct cb_format *f, const struct cb_struct *c);

static bool
cb_read_order(struct cb_format *f)
{
    const int one = 1;
    char own = *(const char *)&one ? '<' : '>';
    if (*f->at == '\0' || strchr("@=<>!^", *f->at) == NULL) {
        return false;
    }
    f->is_aligned = *f->at == '@';
    f->is_standard = strchr("=<>!", *f->at) != NULL;
    f->is_foreign = strchr("<>!", *f->at) != NULL
                    && (*f->at == '!' ? '>' : *f->at) != own;
    f->at++;
    return true;
}

/* 1 when none is written. */
static size_t
cb_read_count(struct cb_format *f)
{
    size_t count = 0;
    bool is_there = false;
    while (*f->at >= '0' && *f->at <= '9' && count < PY_SSIZE_T_MAX / 20) {
        count = count * 10 + (size_t)(*f->at++ - '0');
        is_there = true;
    }
    return is_there ? count : 1;
}

/* Orders and bytes between the fields. */
static void
cb_read_between(struct cb_format *f)
{
    for (;;) {
        const char *start = f->at;
        if (cb_read_order(f)) {
            continue;
        }
        size_t count = cb_read_count(f);
        if (*f->at != 'x') {
            f->at = start;
            return;
        }
        f->at++;
        f->offset += count;
    }
}

static size_t
cb_code_size(char code, bool is_standard)
{
    switch (code) {
        case '?':
        case 'b':
        case 'B':
        case 'c':
        case 's':
            return 1;
        case 'h':
        case 'H':
            return sizeof(short);
        case 'i':
        case 'I':
            return sizeof(int);
        case 'l':
        case 'L':
            return is_standard ? 4 : sizeof(long);
        case 'n':
        case 'N':
            return sizeof(size_t);
        case 'q':
        case 'Q':
            return sizeof(long long);
        case 'f':
            return sizeof(float);
        case 'd':
            return sizeof(double);
        case 'g':
            return sizeof(long double);
        default:
            return 0;
    }
}

static void
cb_align(struct cb_format *f, size_t align)
{
    if (f->is_aligned && f->offset % align != 0) {
        f->offset += align - f->offset % align;
    }
}

/* "(3)d", "16s", "T{…}": what one field is. */
static bool
cb_read_field(struct cb_format *f, const struct cb_field *wanted, size_t base)
{
    size_t count = 1;
    if (*f->at == '(') {
        f->at++;
        count = cb_read_count(f);
        if (*f->at++ != ')') {
            return false;
        }
        cb_read_order(f);
    }
    count *= cb_read_count(f);
    cb_read_order(f);
    size_t items = wanted->count > 0 ? wanted->count : 1;
    if (count != items || (wanted->is_text && *f->at != 's')) {
        return false;
    }
    if (wanted->inner != NULL) {
        cb_align(f, wanted->inner->align);
        if (f->offset != base + wanted->offset
            || !cb_read_struct(f, wanted->inner))
        {
            return false;
        }
    }
    else {
        size_t size = cb_code_size(*f->at, f->is_standard);
        cb_align(f, size > 0 ? size : 1);
        if (size != wanted->size || f->offset != base + wanted->offset
            || (f->is_foreign && size > 1)
            || (!wanted->is_text
                && strchr(wanted->scalar->items->formats, *f->at) == NULL))
        {
            return false;
        }
        f->at++;
    }
    f->offset = base + wanted->offset + wanted->size * items;
    return true;
}

static bool
cb_read_struct(struct cb_format *f, const struct cb_struct *c)
{
    size_t base = f->offset;
    if (strncmp(f->at, "T{", 2) != 0) {
        return false;
    }
    f->at += 2;
    for (int i = 0; i < c->signature.count; i++) {
        const char *name = c->signature.names[i];
        size_t len = strlen(name);
        cb_read_between(f);
        if (!cb_read_field(f, &c->fields[i], base) || *f->at != ':'
            || strncmp(f->at + 1, name, len) != 0 || f->at[1 + len] != ':')
        {
            return false;
        }
        f->at += len + 2;
    }
    cb_read_between(f);
    cb_align(f, c->align);
    return *f->at++ == '}' && f->offset - base <= c->size;
}

static bool
cb_is_struct_format(const char *format, const struct cb_struct *c)
{
    struct cb_format f = {format, 0, true, false, false};
    cb_read_order(&f);
    return cb_read_struct(&f, c) && *f.at == '\0';
}

#endif
