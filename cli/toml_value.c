/* toml_value: strings, numbers, booleans and dates. Part of toml; reads no
 * file.
 */
#include "toml_read.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "utf8.h"

static void
add_point(struct buf *out, uint32_t point)
{
    char bytes[4];
    size_t len = 1;
    if (point < 0x80) {
        bytes[0] = (char)point;
    }
    else if (point < 0x800) {
        bytes[0] = (char)(0xc0 | point >> 6);
        len = 2;
    }
    else if (point < 0x10000) {
        bytes[0] = (char)(0xe0 | point >> 12);
        len = 3;
    }
    else {
        bytes[0] = (char)(0xf0 | point >> 18);
        len = 4;
    }
    for (size_t i = 1; i < len; i++) {
        bytes[i] = (char)(0x80 | (point >> 6 * (len - 1 - i) & 0x3f));
    }
    buf_add(out, bytes, len);
}

/* The digits of \uXXXX or \UXXXXXXXX. */
static int
read_point(struct toml_reader *r, size_t digits, struct buf *out)
{
    uint32_t point = 0;
    for (size_t i = 0; i < digits; i++) {
        char c = toml_peek(r);
        if (!isxdigit((unsigned char)c)) {
            return toml_fail(r, "an escape needs %zu hexadecimal digits",
                             digits);
        }
        point = point * 16
                + (uint32_t)(isdigit((unsigned char)c)
                                 ? c - '0'
                                 : (c | 32) - 'a' + 10);
        r->at++;
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return toml_fail(r, "an escape names no character");
    }
    add_point(out, point);
    return 0;
}

/* After a backslash. */
static int
read_escape(struct toml_reader *r, struct buf *out)
{
    static const char letters[] = "btnfr\"\\";
    static const char bytes[] = "\b\t\n\f\r\"\\";
    char c = toml_peek(r);
    const char *at = c == '\0' ? NULL : strchr(letters, c);
    if (at != NULL) {
        r->at++;
        buf_add(out, &bytes[at - letters], 1);
        return 0;
    }
    if (c == 'u' || c == 'U') {
        r->at++;
        return read_point(r, c == 'u' ? 4 : 8, out);
    }
    return toml_fail(r, "a string has an unknown escape");
}

/* A byte that may stand in a string as it is. */
static int
take_plain(struct toml_reader *r, struct buf *out)
{
    uint32_t point;
    size_t taken = utf8_next(r->at, (size_t)(r->end - r->at), &point);
    if (point == UTF8_BAD && taken == 1) {
        return toml_fail(r, "a string is not UTF-8");
    }
    if ((point < 0x20 && point != '\t') || point == 0x7f) {
        return toml_fail(r, "a string holds a control character");
    }
    buf_add(out, r->at, taken);
    r->at += taken;
    return 0;
}

int
toml_read_quoted(struct toml_reader *r, struct buf *out)
{
    char quote = *r->at++;
    for (;;) {
        char c = toml_peek(r);
        if (r->at == r->end || c == '\n'
            || (c == '\r' && r->at + 1 < r->end && r->at[1] == '\n'))
        {
            return toml_fail(r, "a string has no closing quote");
        }
        if (c == quote) {
            r->at++;
            return 0;
        }
        int status = 0;
        if (c == '\\' && quote == '"') {
            r->at++;
            status = read_escape(r, out);
        }
        else {
            status = take_plain(r, out);
        }
        if (status < 0) {
            return -1;
        }
    }
}

static bool
is_newline(const struct toml_reader *r)
{
    return toml_peek(r) == '\n'
           || (toml_peek(r) == '\r' && r->at + 1 < r->end
               && r->at[1] == '\n');
}

static void
take_newline(struct toml_reader *r)
{
    r->at += *r->at == '\r' ? 2 : 1;
    r->line++;
}

/* A backslash at the end of a line swallows the blanks up to the next
 * word. True when it was one. */
static bool
skip_continuation(struct toml_reader *r)
{
    struct toml_reader ahead = *r;
    ahead.at++;
    toml_skip_blanks(&ahead);
    if (!is_newline(&ahead)) {
        return false;
    }
    while (is_newline(&ahead)) {
        take_newline(&ahead);
        toml_skip_blanks(&ahead);
    }
    r->at = ahead.at;
    r->line = ahead.line;
    return true;
}

/* At three quotes or more: up to two of them are content. True at the end of
 * the string. */
static bool
take_quotes(struct toml_reader *r, char quote, struct buf *out)
{
    size_t run = 0;
    while (r->at + run < r->end && r->at[run] == quote && run < 5) {
        run++;
    }
    size_t content = run >= 3 ? run - 3 : run;
    buf_add(out, r->at, content);
    r->at += run;
    return run >= 3;
}

static int
read_multiline(struct toml_reader *r, struct buf *out)
{
    char quote = *r->at;
    unsigned started = r->line;
    r->at += 3;
    if (is_newline(r)) {
        take_newline(r);
    }
    for (;;) {
        char c = toml_peek(r);
        int status = 0;
        if (r->at == r->end) {
            r->line = started;
            return toml_fail(r, "a string has no closing quotes");
        }
        if (c == quote) {
            if (take_quotes(r, quote, out)) {
                return 0;
            }
        }
        else if (is_newline(r)) {
            take_newline(r);
            buf_add(out, "\n", 1);
        }
        else if (c == '\\' && quote == '"') {
            if (!skip_continuation(r)) {
                r->at++;
                status = read_escape(r, out);
            }
        }
        else {
            status = take_plain(r, out);
        }
        if (status < 0) {
            return -1;
        }
    }
}

int
toml_read_string(struct toml_reader *r, struct buf *out)
{
    bool is_triple = r->end - r->at >= 3 && r->at[1] == r->at[0]
                     && r->at[2] == r->at[0];
    return is_triple ? read_multiline(r, out) : toml_read_quoted(r, out);
}

/* Takes the underscores out; they must stand between digits. */
static int
strip_underscores(const struct toml_reader *r, char *word)
{
    char *to = word;
    for (char *from = word; *from != '\0'; from++) {
        if (*from != '_') {
            *to++ = *from;
        }
        else if (from == word || !isxdigit((unsigned char)from[-1])
                 || !isxdigit((unsigned char)from[1]))
        {
            return toml_fail(r, "'_' must stand between digits in '%s'",
                             word);
        }
    }
    *to = '\0';
    return 0;
}

/* "0x1f", "0o17", "0b1": 0 and `*number`, -1 when it is none. */
static int
read_based(const char *word, int64_t *number)
{
    static const struct {
        char letter;
        int base;
    } bases[] = {{'x', 16}, {'o', 8}, {'b', 2}};
    for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
        if (word[0] == '0' && word[1] == bases[i].letter
            && isxdigit((unsigned char)word[2]))
        {
            char *end = NULL;
            errno = 0;
            *number = strtoll(word + 2, &end, bases[i].base);
            return *end == '\0' && errno == 0 ? 0 : -1;
        }
    }
    return -1;
}

/* After its sign a decimal number begins with a digit, and with a 0 only
 * when no other digit follows. */
static bool
is_decimal(const char *word)
{
    const char *digits = word + (word[0] == '+' || word[0] == '-');
    return isdigit((unsigned char)digits[0])
           && !(digits[0] == '0' && isdigit((unsigned char)digits[1]));
}

static bool
is_float(const char *word)
{
    const char *point = strchr(word, '.');
    bool point_is_good = point == NULL
                         || (point > word
                             && isdigit((unsigned char)point[1])
                             && isdigit((unsigned char)point[-1]));
    return is_decimal(word) && point_is_good
           && word[strspn(word, "+-0123456789.eE")] == '\0'
           && strpbrk(word, ".eE") != NULL;
}

/* "1979-05-27", "07:32:00", with a 'T' or a blank between them and an
 * offset: the shape alone. */
static bool
is_time(const char *word)
{
    size_t len = strlen(word);
    bool has_digits = len >= 8 && isdigit((unsigned char)word[0])
                      && isdigit((unsigned char)word[1]);
    bool is_date = len >= 10 && word[4] == '-' && word[7] == '-';
    bool is_clock = len >= 8 && word[2] == ':' && word[5] == ':';
    return has_digits && (is_date || is_clock)
           && word[strspn(word, "0123456789-:.TtZz+ ")] == '\0';
}

static int
set_number(const struct toml_reader *r, char *word, struct toml *value)
{
    const char *unsigned_word = word + (word[0] == '+' || word[0] == '-');
    bool is_inf = strcmp(unsigned_word, "inf") == 0;
    if (is_inf || strcmp(unsigned_word, "nan") == 0) {
        value->type = TOML_FLOAT;
        value->real = is_inf ? (word[0] == '-' ? -INFINITY : INFINITY) : NAN;
        return 0;
    }
    if (strip_underscores(r, word) < 0) {
        return -1;
    }
    value->type = TOML_INTEGER;
    if (read_based(word, &value->integer) == 0) {
        return 0;
    }
    char *end = NULL;
    errno = 0;
    if (is_float(word)) {
        value->type = TOML_FLOAT;
        value->real = strtod(word, &end);
        return *end == '\0' ? 0 : toml_fail(r, "'%s' is no number", word);
    }
    value->integer = strtoll(word, &end, 10);
    if (!is_decimal(word) || *end != '\0') {
        return toml_fail(r, "'%s' is no value; a string needs quotes", word);
    }
    return errno == 0 ? 0 : toml_fail(r, "'%s' is too large", word);
}

/* The bytes up to what ends a value. A date may hold one blank. */
static char *
take_word(struct toml_reader *r)
{
    const char *start = r->at;
    while (r->at < r->end && strchr(",]}# \t\r\n", *r->at) == NULL) {
        r->at++;
    }
    if (r->at - start == 10 && start[4] == '-' && r->end - r->at > 3
        && *r->at == ' ' && isdigit((unsigned char)r->at[1])
        && r->at[3] == ':')
    {
        r->at++;
        while (r->at < r->end && strchr(",]}# \t\r\n", *r->at) == NULL) {
            r->at++;
        }
    }
    return mem_copy_range(start, (size_t)(r->at - start));
}

int
toml_read_scalar(struct toml_reader *r, struct toml *value)
{
    char *word = take_word(r);
    int status = 0;
    if (word[0] == '\0') {
        status = toml_fail(r, "a value is missing");
    }
    else if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
        value->type = TOML_BOOLEAN;
        value->boolean = word[0] == 't';
    }
    else if (is_time(word)) {
        value->type = TOML_TIME;
        value->text = word;
        word = NULL;
    }
    else {
        status = set_number(r, word, value);
    }
    free(word);
    return status;
}
