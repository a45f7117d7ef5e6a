/* utf8: see utf8.h. */
#include "utf8.h"

#include <string.h>

/* How many bytes a lead byte announces, 0 when it is none. */
static size_t
sequence_length(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 3;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t
utf8_next(const char *text, size_t len, uint32_t *point)
{
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t need = sequence_length(bytes[0]);
    *point = UTF8_BAD;
    if (need == 0 || need > len) {
        return 1;
    }
    uint32_t value = bytes[0] & lead_bits[need];
    for (size_t i = 1; i < need; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 1;
        }
        value = value << 6 | (bytes[i] & 0x3f);
    }
    bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < least[need] || value > 0x10ffff || is_surrogate) {
        return 1;
    }
    *point = value;
    return need;
}

struct range {
    uint32_t first;
    uint32_t last;
};

static bool
is_among(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

int
utf8_width(uint32_t point)
{
    /* Blocks, not single code points: a caret that is off by one under a
     * rare letter costs less than the whole table of Unicode. */
    static const struct range empty[] = {
        {0x0300, 0x036f},   {0x0483, 0x0489},   {0x0591, 0x05bd},
        {0x064b, 0x065f},   {0x200b, 0x200f},   {0x202a, 0x202e},
        {0x2060, 0x2064},   {0x20d0, 0x20ff},   {0xfe00, 0xfe0f},
        {0xfe20, 0xfe2f},   {0xfeff, 0xfeff},   {0xe0100, 0xe01ef},
    };
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
        {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
        {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe4f},
        {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
        {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };
    if (point < 0x300) {
        return 1;
    }
    if (is_among(point, empty, sizeof(empty) / sizeof(*empty))) {
        return 0;
    }
    return is_among(point, wide, sizeof(wide) / sizeof(*wide)) ? 2 : 1;
}

size_t
utf8_columns(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len;) {
        uint32_t point;
        size_t taken = utf8_next(text + i, len - i, &point);
        columns += point == '\t' ? 8 - columns % 8
                                 : (size_t)utf8_width(point);
        i += taken;
    }
    return columns;
}

/* C0, DEL and C1; and what turns the direction of a whole line around. */
static bool
is_harmful(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0)
           || (point >= 0x202a && point <= 0x202e)
           || (point >= 0x2066 && point <= 0x2069);
}

void
utf8_add_clean(struct buf *out, const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len;) {
        uint32_t point;
        size_t taken = utf8_next(text + i, len - i, &point);
        if (point == '\t') {
            size_t spaces = 8 - columns % 8;
            buf_add(out, "        ", spaces);
            columns += spaces;
        }
        else if (is_harmful(point)
                 || (point == UTF8_BAD && taken == 1))
        {
            /* As many marks as columns are counted for it, so that carets
             * stay below their letters. */
            if (utf8_width(point) > 0) {
                buf_add(out, "?", 1);
            }
            columns += (size_t)utf8_width(point);
        }
        else {
            buf_add(out, text + i, taken);
            columns += (size_t)utf8_width(point);
        }
        i += taken;
    }
}

void
utf8_add_ascii(struct buf *out, const char *text, size_t len)
{
    static const struct {
        uint32_t point;
        const char *ascii;
    } known[] = {
        {0x00a0, " "},  {0x00b5, "u"},  {0x03bc, "u"},   {0x00d7, "x"},
        {0x2010, "-"},  {0x2013, "-"},  {0x2014, "-"},   {0x2018, "'"},
        {0x2019, "'"},  {0x201c, "\""}, {0x201d, "\""},  {0x2026, "..."},
        {0x2192, "->"}, {0x2190, "<-"}, {0x2264, "<="},  {0x2265, ">="},
    };
    for (size_t i = 0; i < len;) {
        uint32_t point;
        size_t taken = utf8_next(text + i, len - i, &point);
        if (point < 0x80) {
            buf_add(out, text + i, taken);
            i += taken;
            continue;
        }
        const char *ascii = NULL;
        for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++) {
            if (known[k].point == point) {
                ascii = known[k].ascii;
            }
        }
        if (ascii == NULL) {
            int width = utf8_width(point);
            ascii = width == 0 ? "" : width == 1 ? "?" : "??";
        }
        buf_add_str(out, ascii);
        i += taken;
    }
}
