/* err: see err.h. */
#include "wire/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Drops a UTF-8 sequence that the end of the buffer has cut in two. */
static void
trim_partial_utf8(char *text, size_t len)
{
    size_t i = len;
    while (i > 0 && ((unsigned char)text[i - 1] & 0xc0) == 0x80) {
        i--;
    }
    if (i == 0) {
        return;
    }
    unsigned char lead = (unsigned char)text[i - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (len - (i - 1) < want) {
        text[i - 1] = '\0';
    }
}

int
err_set(struct err *e, enum err_code code, const char *format, ...)
{
    int saved_errno = errno;
    if (e == NULL) {
        return -1;
    }
    e->code = code;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(e->text, sizeof(e->text), format, args);
    va_end(args);
    size_t format_len = strlen(format);
    if (len >= 0 && (size_t)len < sizeof(e->text) && format_len > 0
        && format[format_len - 1] == ':')
    {
        len += snprintf(e->text + len, sizeof(e->text) - (size_t)len, " %s",
                        strerror(saved_errno));
    }
    if (len >= (int)sizeof(e->text)) {
        trim_partial_utf8(e->text, sizeof(e->text) - 1);
    }
    errno = saved_errno;
    return -1;
}

void
err_clear(struct err *e)
{
    if (e != NULL) {
        e->code = ERR_NONE;
        e->text[0] = '\0';
    }
}

bool
err_is_set(const struct err *e)
{
    return e != NULL && e->code != ERR_NONE;
}
