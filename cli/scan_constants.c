/* scan_constants: enumerators, const variables and literal #defines of a
 * source, each as a C expression that stands on its own; scan_reader.h. */
#include "scan_reader.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "wire/buf.h"

/* A later one of the name replaces the earlier, as #define does. Takes
 * `value`. */
static void
add(struct scan_reader *r, const char *name, enum constant_kind kind,
    char *value, const struct enumeration *of)
{
    struct surface *s = r->s;
    for (size_t i = 0; i < s->constant_count; i++) {
        if (strcmp(s->constants[i].name, name) == 0) {
            free(s->constants[i].value);
            s->constants[i].value = value;
            s->constants[i].kind = kind;
            s->constants[i].of = of;
            return;
        }
    }
    s->constants = mem_resize(s->constants, s->constant_count + 1,
                              sizeof(*s->constants));
    s->constants[s->constant_count++]
        = (struct constant){mem_copy_str(name), kind, value, of};
}

static char *
signed_text(long long value)
{
    return value < 0 ? mem_format("-%lluLL - 1",
                                  -(unsigned long long)value - 1)
                     : mem_format("%lldLL", value);
}

/* A C literal of the text. Octal escapes end after three digits, so what
 * follows never joins in. */
static char *
text_literal(const char *text)
{
    struct buf out = BUF_INIT;
    buf_add_str(&out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (isalnum((unsigned char)*c) || strchr(" _-+.,:;/()[]{}", *c)) {
            buf_add(&out, c, 1);
        }
        else {
            buf_add_fmt(&out, "\\%03o", (unsigned char)*c);
        }
    }
    buf_add_str(&out, "\"");
    return buf_take(&out);
}

static char *
float_text(double value)
{
    if (isnan(value)) {
        return mem_copy_str("Py_NAN");
    }
    if (isinf(value)) {
        return mem_copy_str(value < 0 ? "-Py_HUGE_VAL" : "Py_HUGE_VAL");
    }
    return mem_format("%.17g", value);
}

/* -- enumerators ---------------------------------------------------------- */

void
scan_take_enum(struct scan_reader *r, struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    if (!scan_is_here(r, c->getCursorLocation(cursor), NULL, NULL)
        || !c->isCursorDefinition(cursor))
    {
        return;
    }
    const struct enumeration *e = scan_enumeration(r, cursor);
    for (size_t i = 0; i < e->member_count; i++) {
        const struct member *m = &e->members[i];
        if (!m->is_hidden) {
            add(r, m->name, CONSTANT_INT,
                e->is_unsigned
                    ? mem_format("%lluULL", (unsigned long long)m->value)
                    : signed_text(m->value),
                e);
        }
    }
}

/* -- const variables ------------------------------------------------------ */

void
scan_take_variable(struct scan_reader *r, struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    struct clang_type type = c->getCursorType(cursor);
    if (!scan_is_here(r, c->getCursorLocation(cursor), NULL, NULL)
        || !c->isConstQualifiedType(c->getCanonicalType(type)))
    {
        return;
    }
    char *name = clang_take(c, c->getCursorSpelling(cursor));
    void *value = name[0] == '_' ? NULL : c->Cursor_Evaluate(cursor);
    int kind = value == NULL ? 0 : c->EvalResult_getKind(value);
    if (kind == CLANG_VALUE_INT) {
        add(r, name, CONSTANT_INT,
            c->EvalResult_isUnsignedInt(value)
                ? mem_format("%lluULL", c->EvalResult_getAsUnsigned(value))
                : signed_text(c->EvalResult_getAsLongLong(value)),
            NULL);
    }
    else if (kind == CLANG_VALUE_FLOAT) {
        add(r, name, CONSTANT_FLOAT,
            float_text(c->EvalResult_getAsDouble(value)), NULL);
    }
    else if (kind == CLANG_VALUE_TEXT) {
        add(r, name, CONSTANT_TEXT,
            text_literal(c->EvalResult_getAsStr(value)), NULL);
    }
    if (value != NULL) {
        c->EvalResult_dispose(value);
    }
    free(name);
}

/* -- macros --------------------------------------------------------------- */

static bool
is_float_literal(const char *text)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    return strpbrk(text, is_hex ? "pP" : ".eEfF") != NULL;
}

/* Takes the tokens behind the name: a literal, a sign before a number,
 * parentheses around. False: something else. */
static bool
read_literal(char *const *words, size_t count, enum constant_kind *kind,
             struct buf *value)
{
    while (count >= 2 && strcmp(words[0], "(") == 0
           && strcmp(words[count - 1], ")") == 0)
    {
        words++;
        count -= 2;
    }
    bool has_sign = count == 2
                    && (strcmp(words[0], "-") == 0
                        || strcmp(words[0], "+") == 0);
    const char *last = count > 0 ? words[count - 1] : "";
    if ((isdigit((unsigned char)last[0])
         || (last[0] == '.' && isdigit((unsigned char)last[1])))
        && (count == 1 || has_sign))
    {
        *kind = is_float_literal(last) ? CONSTANT_FLOAT : CONSTANT_INT;
        buf_add_fmt(value, "%s%s", has_sign ? words[0] : "", last);
        return true;
    }
    if (count == 1 && last[0] == '\'') {
        *kind = CONSTANT_INT;
        buf_add_str(value, last);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (words[i][0] != '"') {
            return false;
        }
        buf_add_fmt(value, "%s%s", i > 0 ? " " : "", words[i]);
    }
    *kind = CONSTANT_TEXT;
    return count > 0;
}

void
scan_take_macro(struct scan_reader *r, struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    if (!scan_is_here(r, c->getCursorLocation(cursor), NULL, NULL)
        || c->Cursor_isMacroFunctionLike(cursor))
    {
        return;
    }
    char *name = clang_take(c, c->getCursorSpelling(cursor));
    struct clang_token *tokens = NULL;
    unsigned count = 0;
    c->tokenize(r->unit, c->getCursorExtent(cursor), &tokens, &count);
    struct list words = LIST_INIT;
    for (unsigned i = 1; i < count; i++) {
        list_add_taken(&words,
                       clang_take(c, c->getTokenSpelling(r->unit,
                                                         tokens[i])));
    }
    enum constant_kind kind;
    struct buf value = BUF_INIT;
    if (name[0] != '_'
        && read_literal(words.items, words.count, &kind, &value))
    {
        add(r, name, kind, mem_copy_str(buf_text(&value)), NULL);
    }
    buf_dispose(&value);
    list_dispose(&words);
    if (tokens != NULL) {
        c->disposeTokens(r->unit, tokens, count);
    }
    free(name);
}
