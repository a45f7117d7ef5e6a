/* fast_book: an order book as JSON bytes, made in one pass.
 *
 *     from fast_book import dump_book, level
 *     bids = level.array([level(100.5, 2)])     # or a numpy array of them
 *     asks = level.array([level(101, 0.5)])
 *     dump_book("BTC-EUR", bids, asks)
 *     # b'{"symbol":"BTC-EUR","bids":[[100.5,2.0]],"asks":[[101.0,0.5]]}'
 */
#include <cowbird.h> /* its first comment is the manual */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A price, and how much there is at it. */
struct level {
    double price;
    double size;
};

/* Bytes that grow. */
struct out {
    char *data;
    size_t len;
    size_t cap;
};

/* Room for `len` bytes more, or NULL: that has been raised. */
static char *
out_room(struct out *out, size_t len)
{
    if (len > out->cap - out->len) {
        size_t cap = (out->len + len) * 2;
        bool is_huge = len > SIZE_MAX / 2 - out->len;
        char *data = is_huge ? NULL : realloc(out->data, cap);
        if (data == NULL) {
            cb_raise(CB_MemoryError, "no room for %zu bytes", len);
            return NULL;
        }
        out->data = data;
        out->cap = cap;
    }
    return out->data + out->len;
}

static bool
out_add(struct out *out, const char *bytes, size_t len)
{
    char *room = out_room(out, len);
    if (room == NULL) {
        return false;
    }
    memcpy(room, bytes, len);
    out->len += len;
    return true;
}

static bool
out_add_text(struct out *out, const char *text)
{
    return out_add(out, text, strlen(text));
}

/* -- numbers, as Python's repr() writes them ------------------------------ */

/* The fewest digits that read back as `number`, and where the point stands
 * before or behind them. */
static size_t
shortest(double number, char *digits, int *point)
{
    char text[40];
    /* 15 digits survive the way to a double and back, but for the smallest
     * numbers, which have fewer of their own. */
    bool is_tiny = number < 2.3e-308;
    int precision = is_tiny ? 0 : 14;
    do {
        snprintf(text, sizeof(text), "%.*e", precision, number);
    } while (strtod(text, NULL) != number && ++precision < 17);
    char *mark = strchr(text, 'e');
    *point = atoi(mark + 1) + 1;
    size_t count = 0;
    for (const char *c = text; c < mark; c++) {
        if (*c >= '0' && *c <= '9') {
            digits[count++] = *c;
        }
    }
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    return count;
}

/* Most numbers are short decimals: what is an integer of at most 15 digits
 * after `places` shifts, and divides back to the same number, has those digits
 * and no fewer, since decimals of 15 digits are all different doubles. */
static size_t
short_decimal(double number, char *digits, int *point)
{
    static const double tens[] = {1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6};
    for (int places = 0; places < 7; places++) {
        double shifted = number * tens[places] + 0.5;
        if (shifted >= 1e15) {
            return 0;
        }
        long long whole = (long long)shifted;
        if (whole > 0 && (double)whole / tens[places] == number) {
            char text[16];
            int at = 16;
            for (; whole > 0; whole /= 10) {
                text[--at] = (char)('0' + whole % 10);
            }
            size_t count = (size_t)(16 - at);
            *point = (int)count - places;
            memcpy(digits, text + at, count);
            while (count > 1 && digits[count - 1] == '0') {
                count--;
            }
            return count;
        }
    }
    return 0;
}

/* "0.001", "100.5", "1e+16" */
static bool
add_digits(struct out *out, const char *digits, size_t count, int point)
{
    char text[64];
    int len = 0, n = (int)count;
    if (point > 16 || point < -3) {
        len = sprintf(text, "%.1s%s%.*se%+03d", digits, n > 1 ? "." : "",
                      n - 1, digits + 1, point - 1);
    }
    else if (point <= 0) {
        len = sprintf(text, "0.%.*s%.*s", -point, "000", n, digits);
    }
    else if (n <= point) {
        len = sprintf(text, "%.*s%.*s.0", n, digits, point - n,
                      "0000000000000000");
    }
    else {
        len = sprintf(text, "%.*s.%.*s", point, digits, n - point,
                      digits + point);
    }
    return out_add(out, text, (size_t)len);
}

/* JSON has no NaN and no infinity. */
static bool
add_number(struct out *out, double number)
{
    char digits[24] = "0";
    int point = 1;
    if (number - number != 0.0) {
        cb_raise(CB_ValueError, "%s is no number for JSON",
                 number != number ? "nan" : number > 0 ? "inf" : "-inf");
        return false;
    }
    if (1.0 / number < 0.0) {
        number = -number;
        if (!out_add(out, "-", 1)) {
            return false;
        }
    }
    size_t count = number == 0.0 ? 1 : short_decimal(number, digits, &point);
    if (count == 0) {
        count = shortest(number, digits, &point);
    }
    return add_digits(out, digits, count, point);
}

/* -- the book ------------------------------------------------------------- */

/* A str in quotes; bytes below 32, quotes and backslashes are escaped. */
static bool
add_string(struct out *out, cb_str text)
{
    static const char hex[] = "0123456789abcdef";
    bool is_fine = out_add(out, "\"", 1);
    for (size_t i = 0; is_fine && i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        const char *found = c < 32 ? strchr("b\bf\fn\nr\rt\t", c) : NULL;
        if (c == '"' || c == '\\' || (c != 0 && found != NULL)) {
            escape[1] = found == NULL ? (char)c : found[-1];
            is_fine = out_add(out, escape, 2);
        }
        else if (c < 32) {
            is_fine = out_add(out, escape, 6);
        }
        else {
            is_fine = out_add(out, text.data + i, 1);
        }
    }
    return is_fine && out_add(out, "\"", 1);
}

static bool
add_levels(struct out *out, const struct level *levels, size_t n)
{
    bool is_fine = out_add(out, "[", 1);
    for (size_t i = 0; is_fine && i < n; i++) {
        is_fine = out_add_text(out, i > 0 ? ",[" : "[")
                  && add_number(out, levels[i].price) && out_add(out, ",", 1)
                  && add_number(out, levels[i].size) && out_add(out, "]", 1);
    }
    return is_fine && out_add(out, "]", 1);
}

/* An order book as JSON, in UTF-8. CB_OWNED: the bytes are given away, and
 * with their length behind them they are bytes in Python. */
CB_OWNED char *
dump_book(cb_str symbol, const struct level *bids, size_t n_bids,
          const struct level *asks, size_t n_asks, CB_OUT size_t *n)
{
    struct out out = {NULL, 0, 0};
    if (out_add_text(&out, "{\"symbol\":") && add_string(&out, symbol)
        && out_add_text(&out, ",\"bids\":")
        && add_levels(&out, bids, n_bids)
        && out_add_text(&out, ",\"asks\":")
        && add_levels(&out, asks, n_asks) && out_add_text(&out, "}"))
    {
        *n = out.len;
        return out.data;
    }
    free(out.data); /* what is wrong has been raised */
    return NULL;
}
