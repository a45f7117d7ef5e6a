/* literal_show: a literal as an expression of C and of Python; literal.h. */
#include "literal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

void
literal_add_int(struct buf *out, literal_int value)
{
    bool is_negative = value < 0;
    unsigned long long size
        = (unsigned long long)(is_negative ? -value : value);
    buf_add_fmt(out, "%s%llu", is_negative ? "-" : "", size);
}

/* The shortest digits that read back as the same number. */
static void
add_digits(struct buf *out, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    buf_add_fmt(out, "%s%s", text,
                strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void
add_c_int(struct buf *out, literal_int value)
{
    const literal_int low = -((literal_int)1 << 63);
    const literal_int high = -(low + 1);
    literal_add_int(out, value == low ? low + 1 : value);
    buf_add_str(out, value == low   ? "LL - 1"
                     : value > high ? "ULL"
                                    : "LL");
}

void
literal_add_c(struct buf *out, const struct literal *v)
{
    switch (v->kind) {
        case LITERAL_NULL:
            buf_add_str(out, "NULL");
            return;
        case LITERAL_INT:
            add_c_int(out, v->integer);
            return;
        case LITERAL_FLOAT:
            if (isfinite(v->number)) {
                add_digits(out, v->number);
                return;
            }
            buf_add_str(out, isnan(v->number)  ? "Py_NAN"
                             : v->number < 0.0 ? "-Py_HUGE_VAL"
                                               : "Py_HUGE_VAL");
            return;
        case LITERAL_TEXT:
            break;
    }
    buf_add_str(out, "\"");
    for (size_t i = 0; i < v->text.len; i++) {
        unsigned char c = (unsigned char)v->text.data[i];
        buf_add_fmt(out, isalnum(c) ? "%c" : "\\%03o", c);
    }
    buf_add_str(out, "\"");
}

static bool
add_python_text(struct buf *out, const struct buf *text)
{
    buf_add_str(out, "'");
    for (size_t i = 0; i < text->len;) {
        uint32_t point;
        size_t len = utf8_next(text->data + i, text->len - i, &point);
        bool is_invalid = point == UTF8_BAD && len == 1;
        if (is_invalid) {
            return false;
        }
        if (point == '\'' || point == '\\') {
            buf_add_fmt(out, "\\%c", (char)point);
        }
        else if (point < 32 || point == 127) {
            buf_add_fmt(out, "\\x%02x", (unsigned)point);
        }
        else {
            /* inspect reads nothing but ASCII in a signature */
            buf_add_fmt(out,
                        point < 127       ? "%c"
                        : point <= 0xffff ? "\\u%04x"
                                          : "\\U%08x",
                        (unsigned)point);
        }
        i += len;
    }
    buf_add_str(out, "'");
    return true;
}

bool
literal_add_python(struct buf *out, const struct literal *v)
{
    switch (v->kind) {
        case LITERAL_NULL:
            buf_add_str(out, "None");
            return true;
        case LITERAL_INT:
            literal_add_int(out, v->integer);
            return true;
        case LITERAL_FLOAT:
            if (isfinite(v->number)) {
                add_digits(out, v->number);
                return true;
            }
            /* No literal is a NaN; 1e999 is what Python reads as inf. */
            buf_add_str(out, isnan(v->number)  ? "..."
                             : v->number < 0.0 ? "-1e999"
                                               : "1e999");
            return true;
        case LITERAL_TEXT:
            break;
    }
    return add_python_text(out, &v->text);
}
