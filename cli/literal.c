/* literal: see literal.h. A descent over the text, by precedence. */
#include "literal.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct reader {
    const char *at;
    const struct surface *s;
    int depth; /* of parentheses and names */
    bool is_unsigned; /* a literal with 'u': less than 0 would be another
                         number in C */
};

#define DEPTH_MAX 64

static int read_binary(struct reader *r, struct literal *v, int floor);

static void
skip_space(struct reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

static bool
take(struct reader *r, const char *word)
{
    skip_space(r);
    size_t len = strlen(word);
    if (strncmp(r->at, word, len) != 0) {
        return false;
    }
    r->at += len;
    return true;
}

/* -- literals ------------------------------------------------------------- */

static int
read_number(struct reader *r, struct literal *v)
{
    const char *begin = r->at;
    bool is_hex = begin[0] == '0' && (begin[1] == 'x' || begin[1] == 'X');
    size_t len = 0;
    while (isalnum((unsigned char)begin[len]) || begin[len] == '.'
           || (len > 0 && (begin[len] == '+' || begin[len] == '-')
               && strchr(is_hex ? "pP" : "eE", begin[len - 1]) != NULL))
    {
        len++;
    }
    char *word = mem_copy_range(begin, len);
    char *end = word;
    const char *suffixes = "uUlL";
    r->at += len;
    if (strpbrk(word, is_hex ? "pP." : "eE.") != NULL) {
        v->kind = LITERAL_FLOAT;
        v->number = strtod(word, &end);
        suffixes = "fFlL";
    }
    else if (word[0] == '0' && (word[1] == 'b' || word[1] == 'B')) {
        v->kind = LITERAL_INT;
        v->integer = (literal_int)strtoull(word + 2, &end, 2);
    }
    else {
        v->kind = LITERAL_INT;
        v->integer = (literal_int)strtoull(word, &end, 0);
    }
    bool is_good = end > word && end[strspn(end, suffixes)] == '\0';
    r->is_unsigned |= v->kind == LITERAL_INT && strpbrk(end, "uU") != NULL;
    free(word);
    return is_good ? 0 : -1;
}

/* One character behind a backslash, or a plain one, to `out`. */
static int
read_character(struct reader *r, char *out)
{
    static const char names[] = "abfnrtv0\\'\"?";
    static const char values[] = "\a\b\f\n\r\t\v\0\\'\"?";
    if (*r->at != '\\') {
        *out = *r->at;
        r->at += *out != '\0';
        return *out == '\0' ? -1 : 0;
    }
    r->at++;
    char *end = NULL;
    if (*r->at == 'x') {
        *out = (char)strtoul(r->at + 1, &end, 16);
        bool is_good = end > r->at + 1;
        r->at = end;
        return is_good ? 0 : -1;
    }
    if (*r->at >= '0' && *r->at <= '7') {
        unsigned value = 0;
        for (int i = 0; i < 3 && *r->at >= '0' && *r->at <= '7'; i++) {
            value = value * 8 + (unsigned)(*r->at++ - '0');
        }
        *out = (char)value;
        return 0;
    }
    const char *name = *r->at == '\0' ? NULL : strchr(names, *r->at);
    if (name == NULL) {
        return -1;
    }
    *out = values[name - names];
    r->at++;
    return 0;
}

/* "a" "b" is one text. */
static int
read_text(struct reader *r, struct literal *v)
{
    v->kind = LITERAL_TEXT;
    buf_clear(&v->text);
    while (take(r, "\"")) {
        while (*r->at != '"') {
            char c;
            if (read_character(r, &c) < 0) {
                return -1;
            }
            buf_add(&v->text, &c, 1);
        }
        r->at++;
    }
    return 0;
}

static int
read_letter(struct reader *r, struct literal *v)
{
    char c;
    if (read_character(r, &c) < 0 || *r->at != '\'') {
        return -1;
    }
    r->at++;
    v->kind = LITERAL_INT;
    v->integer = c;
    return 0;
}

/* -- names ---------------------------------------------------------------- */

/* What the headers make of INFINITY and NAN. */
static bool
read_builtin(struct reader *r, const char *name, struct literal *v)
{
    bool is_nan = strcmp(name, "NAN") == 0
                  || strncmp(name, "__builtin_nan", 13) == 0;
    if (!is_nan && strcmp(name, "INFINITY") != 0
        && strncmp(name, "__builtin_inf", 13) != 0
        && strncmp(name, "__builtin_huge_val", 18) != 0)
    {
        return false;
    }
    if (take(r, "(")) {
        take(r, "\"\"");
        take(r, ")");
    }
    v->kind = LITERAL_FLOAT;
    v->number = is_nan ? (double)NAN : (double)INFINITY;
    return true;
}

/* An enumerator, also one of a header whose enum a function takes. */
static bool
find_member(const struct surface *s, const char *name, struct literal *v)
{
    for (size_t i = 0; s != NULL && i < s->enumeration_count; i++) {
        const struct enumeration *e = s->enumerations[i];
        for (size_t k = 0; k < e->member_count; k++) {
            const struct member *m = &e->members[k];
            if (strcmp(m->name, name) == 0) {
                v->kind = LITERAL_INT;
                v->integer = e->is_unsigned
                                 ? (literal_int)(unsigned long long)m->value
                                 : (literal_int)m->value;
                return true;
            }
        }
    }
    return false;
}

static int
read_constant(struct reader *r, const char *name, struct literal *v)
{
    for (size_t i = 0; r->s != NULL && i < r->s->constant_count; i++) {
        const struct constant *k = &r->s->constants[i];
        if (strcmp(k->name, name) == 0) {
            struct reader inner = {k->value, r->s, r->depth + 1, false};
            bool is_good = inner.depth <= DEPTH_MAX
                           && read_binary(&inner, v, 0) == 0
                           && *inner.at == '\0';
            return is_good ? 0 : -1;
        }
    }
    return find_member(r->s, name, v) ? 0 : -1;
}

static int
read_name(struct reader *r, struct literal *v)
{
    size_t len = 0;
    while (isalnum((unsigned char)r->at[len]) || r->at[len] == '_') {
        len++;
    }
    char *name = mem_copy_range(r->at, len);
    int status = 0;
    r->at += len;
    if (strcmp(name, "NULL") == 0) {
        v->kind = LITERAL_NULL;
    }
    else if (strcmp(name, "true") == 0 || strcmp(name, "false") == 0) {
        v->kind = LITERAL_INT;
        v->integer = name[0] == 't';
    }
    else if (strcmp(name, "Py_HUGE_VAL") == 0 || strcmp(name, "Py_NAN") == 0)
    {
        v->kind = LITERAL_FLOAT;
        v->number = name[3] == 'N' ? (double)NAN : (double)INFINITY;
    }
    else if (!read_builtin(r, name, v)) {
        status = read_constant(r, name, v);
    }
    free(name);
    return status;
}

/* -- expressions ---------------------------------------------------------- */

static bool
take_null(struct reader *r)
{
    struct reader ahead = *r;
    if (take(&ahead, "(") && take(&ahead, "void") && take(&ahead, "*")
        && take(&ahead, ")") && take(&ahead, "0"))
    {
        *r = ahead;
        return true;
    }
    return false;
}

static int
read_unary(struct reader *r, struct literal *v)
{
    skip_space(r);
    if (take_null(r)) {
        v->kind = LITERAL_NULL;
        return 0;
    }
    char sign = *r->at;
    if (sign != '\0' && strchr("+-!", sign) != NULL) {
        r->at++;
        if (++r->depth > DEPTH_MAX || read_unary(r, v) < 0
            || v->kind > (sign == '!' ? LITERAL_INT : LITERAL_FLOAT))
        {
            return -1;
        }
        v->integer = sign == '-'   ? -v->integer
                     : sign == '!' ? !v->integer
                                   : v->integer;
        v->number = sign == '-' ? -v->number : v->number;
        r->depth--;
        return 0;
    }
    if (take(r, "(")) {
        if (++r->depth > DEPTH_MAX || read_binary(r, v, 0) < 0) {
            return -1;
        }
        r->depth--;
        return take(r, ")") ? 0 : -1;
    }
    if (*r->at == '"') {
        return read_text(r, v);
    }
    if (take(r, "'")) {
        return read_letter(r, v);
    }
    if (isdigit((unsigned char)*r->at) || *r->at == '.') {
        return read_number(r, v);
    }
    return read_name(r, v);
}

struct operation {
    const char *sign;
    int rank;
};

static const struct operation operations[]
    = {{"|", 1}, {"^", 2}, {"&", 3}, {"<<", 4}, {">>", 4}, {"+", 5},
       {"-", 5}, {"*", 6}, {"/", 6}, {"%", 6},  {NULL, 0}};

static int
operate_int(char sign, literal_int *a, literal_int b)
{
    const literal_int limit = (literal_int)1 << 64;
    bool divides = sign == '/' || sign == '%';
    bool shifts = sign == '<' || sign == '>';
    bool is_over = false;
    if ((divides && b == 0) || (shifts && (b < 0 || b > 63))) {
        return -1;
    }
    switch (sign) {
        case '|': *a |= b; break;
        case '^': *a ^= b; break;
        case '&': *a &= b; break;
        case '>': *a >>= b; break;
        case '+': *a += b; break;
        case '-': *a -= b; break;
        case '/': *a /= b; break;
        case '%': *a %= b; break;
        case '<': b = (literal_int)1 << b; /* fall through */
        default: is_over = __builtin_mul_overflow(*a, b, a);
    }
    return !is_over && *a < limit && *a >= -limit ? 0 : -1;
}

static int
operate(char sign, struct literal *a, const struct literal *b)
{
    if (a->kind == LITERAL_INT && b->kind == LITERAL_INT) {
        return operate_int(sign, &a->integer, b->integer);
    }
    if (a->kind > LITERAL_FLOAT || b->kind > LITERAL_FLOAT) {
        return -1;
    }
    double x = a->kind == LITERAL_INT ? (double)a->integer : a->number;
    double y = b->kind == LITERAL_INT ? (double)b->integer : b->number;
    a->kind = LITERAL_FLOAT;
    switch (sign) {
        case '+': a->number = x + y; return 0;
        case '-': a->number = x - y; return 0;
        case '*': a->number = x * y; return 0;
        case '/': a->number = x / y; return y != 0 ? 0 : -1;
        default: return -1;
    }
}

static int
read_binary(struct reader *r, struct literal *v, int floor)
{
    if (read_unary(r, v) < 0) {
        return -1;
    }
    for (;;) {
        const struct operation *o = operations;
        skip_space(r);
        while (o->sign != NULL
               && strncmp(r->at, o->sign, strlen(o->sign)) != 0)
        {
            o++;
        }
        if (o->sign == NULL || o->rank <= floor) {
            return 0;
        }
        struct literal right = LITERAL_INIT;
        r->at += strlen(o->sign);
        int status = read_binary(r, &right, o->rank) < 0
                             || operate(o->sign[0], v, &right) < 0
                         ? -1
                         : 0;
        literal_dispose(&right);
        if (status < 0) {
            return -1;
        }
    }
}

int
literal_read(struct literal *v, const char *text, const struct surface *s)
{
    struct reader r = {text, s, 0, false};
    *v = (struct literal)LITERAL_INIT;
    int status = read_binary(&r, v, 0);
    skip_space(&r);
    bool is_wrapped = r.is_unsigned && v->kind == LITERAL_INT
                      && v->integer < 0;
    return status < 0 || *r.at != '\0' || is_wrapped ? -1 : 0;
}

void
literal_dispose(struct literal *v)
{
    buf_dispose(&v->text);
    *v = (struct literal)LITERAL_INIT;
}
