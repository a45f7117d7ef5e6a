/* json_write: see json_write.h. */
#include "json_write.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "list.h"

void
json_add_str(struct buf *out, const char *text)
{
    if (text == NULL) {
        buf_add_str(out, "null");
        return;
    }
    json_print_str(text, strlen(text), out);
}

void
json_add_number(struct buf *out, double number)
{
    if (!isfinite(number)) {
        buf_add_str(out, "null");
        return;
    }
    if (number > -9007199254740992.0 && number < 9007199254740992.0
        && number == (double)(int64_t)number)
    {
        buf_add_fmt(out, "%lld", (long long)number);
        return;
    }
    char digits[64];
    snprintf(digits, sizeof(digits), "%.9g", number);
    char *comma = strchr(digits, ',');
    if (comma != NULL) {
        *comma = '.';
    }
    buf_add_str(out, digits);
}

void
json_add_list(struct buf *out, const struct list *items)
{
    buf_add(out, "[", 1);
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0) {
            buf_add(out, ",", 1);
        }
        json_add_str(out, items->items[i]);
    }
    buf_add(out, "]", 1);
}
