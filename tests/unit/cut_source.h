/* cut_source: sources of three functions, a, b and c, cut into pieces, and
 * what is asked of those.
 */
#ifndef COWBIRD_TESTS_CUT_SOURCE_H
#define COWBIRD_TESTS_CUT_SOURCE_H

#include "pieces.h"

#include "check.h"
#include "mem.h"
#include "mentions.h"

#define LOOP                                                                  \
    "    double sum = 0;\n"                                                   \
    "    for (size_t i = 0; i < n; i++) {\n"                                  \
    "        sum += x[i];\n"                                                  \
    "    }\n"                                                                 \
    "\n\n\n\n\n\n\n\n\n\n\n\n"
#define ABOVE "#include <stddef.h>\n"
#define FIXED (sizeof(ABOVE) - 1)

/* `words` ahead of the body, `more` in it. */
static inline char *
function(const char *words, const char *more)
{
    return mem_format("%s(const double *x, size_t n)\n{\n" LOOP
                      "    %s\n    return sum;\n}\n",
                      words, more);
}

static inline char *
three(const char *above, const char *a, const char *b, const char *c)
{
    char *one = function("double a", a);
    char *two = function("double b", b);
    char *last = function("double c", c);
    char *text = mem_format(ABOVE "%s%s%s/* between */\n%s", above, one, two,
                            last);
    free(one);
    free(two);
    free(last);
    return text;
}

static inline const char *
line_at(const char *text, uint64_t line)
{
    for (; line > 1; line--) {
        text = strchr(text, '\n') + 1;
    }
    return text;
}

/* Whether a line of a piece says what the source's line says there, or the
 * beginning of it, as somebody else's. */
static inline bool
is_line(const char *line, size_t len, const char *source)
{
    for (size_t i = 0; i < len; i++) {
        bool is_end = i + 1 == len && line[i] == ';';
        if (strncmp(line + i, "extern", 6) == 0
            && strncmp(source + i, "static", 6) == 0)
        {
            i += 5;
        }
        else if (line[i] != ' ' && line[i] != source[i] && !is_end) {
            return false;
        }
    }
    return true;
}

/* What is behind a #line stands where the source has it, as far as the
 * directive that comes next. */
static inline void
check_places(const struct piece *p, const char *text)
{
    uint64_t line = 0;
    size_t numbers = 0;
    const char *at = buf_text(&p->text) + FIXED;
    CHECK(strncmp(buf_text(&p->text), text, FIXED) == 0);
    while (*at != '\0') {
        size_t len = strcspn(at, "\n");
        unsigned number;
        if (sscanf(at, "#line %u\n", &number) == 1) {
            CHECK(line_map_find(&p->lines, number, &line));
            CHECK(line_map_is_number(number) == (p->lines.count > 0));
            numbers++;
        }
        else if (line > 0 && is_line(at, len, line_at(text, line))) {
            line++;
        }
        else {
            CHECK(*at == '#');
            line = 0;
        }
        at += len + (at[len] == '\n');
    }
    CHECK(numbers > 0);
}

static inline void
cut_alone(struct pieces *p, char *text, bool is_alone)
{
    const struct mention_rules rules
        = {.may_part = is_alone, .may_double = true};
    pieces_cut(p, text, strlen(text), FIXED, &rules);
    for (size_t i = 0; i < p->count; i++) {
        check_places(&p->all[i], text);
    }
    free(text);
}

static inline void
cut(struct pieces *p, char *text)
{
    cut_alone(p, text, false);
}

static inline size_t
how_many_have(const struct pieces *p, const char *words)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        count += strstr(buf_text(&p->all[i].text), words) != NULL;
    }
    return count;
}

static inline bool
is_together(const struct pieces *p, const char *a, const char *b)
{
    for (size_t i = 0; i < p->count; i++) {
        bool has = strstr(buf_text(&p->all[i].text), a) != NULL;
        if (has != (strstr(buf_text(&p->all[i].text), b) != NULL)) {
            return false;
        }
    }
    return p->count > 0;
}

#endif
