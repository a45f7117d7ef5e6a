/* buf: see buf.h. */
#include "wire/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `extra` more bytes and the terminating NUL. */
static bool
reserve(struct buf *b, size_t extra)
{
    if (b->is_broken) {
        return false;
    }
    if (extra > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
        b->is_broken = true;
        return false;
    }
    size_t need = b->len + extra + 1;
    if (need <= b->cap) {
        return true;
    }
    size_t cap = b->cap == 0 ? 64 : b->cap;
    while (cap < need) {
        cap *= 2;
    }
    char *data = realloc(b->data, cap);
    if (data == NULL) {
        b->is_broken = true;
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

bool
buf_reserve(struct buf *b, size_t extra)
{
    bool was_broken = b->is_broken;
    bool has_room = reserve(b, extra);
    b->is_broken = was_broken;
    return has_room;
}

void
buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (!reserve(b, len)) {
        return;
    }
    if (len > 0) {
        memcpy(b->data + b->len, bytes, len);
    }
    b->len += len;
    b->data[b->len] = '\0';
}

void
buf_add_str(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void
buf_add_fmt(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !reserve(b, (size_t)len)) {
        b->is_broken = true;
        return;
    }
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void
buf_consume(struct buf *b, size_t len)
{
    if (len >= b->len) {
        buf_clear(b);
        return;
    }
    memmove(b->data, b->data + len, b->len - len);
    b->len -= len;
    b->data[b->len] = '\0';
}

void
buf_clear(struct buf *b)
{
    b->len = 0;
    b->is_broken = false;
    if (b->data != NULL) {
        b->data[0] = '\0';
    }
}

char *
buf_take(struct buf *b)
{
    char *data = NULL;
    if (reserve(b, 0)) {
        b->data[b->len] = '\0';
        data = b->data;
        b->data = NULL;
    }
    buf_dispose(b);
    return data;
}

const char *
buf_text(const struct buf *b)
{
    return b->data == NULL ? "" : b->data;
}

void
buf_dispose(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT;
}
