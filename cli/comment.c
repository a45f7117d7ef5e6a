/* comment: a C comment made into a docstring; scan.h's comment_words. */
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "mem.h"
#include "scan.h"
#include "wire/buf.h"

/* Behind the marks that a line of a comment begins with. */
static const char *
skip_marks(const char *line, bool is_first)
{
    const char *at = line + strspn(line, " \t");
    if (strncmp(at, "/*", 2) == 0 || strncmp(at, "//", 2) == 0) {
        at += 2;
        at += strspn(at, at[-1] == '*' ? "*" : "/");
        at += *at == '!' || *at == '<';
    }
    else if (*at == '*' && !is_first) {
        at++;
    }
    else {
        return line; /* a block without stars keeps its indentation */
    }
    return at + (*at == ' ');
}

static void
trim_end(char *line)
{
    size_t len = strlen(line);
    while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL) {
        line[--len] = '\0';
    }
}

/* The end mark may stand on a line with words. */
static void
cut_end_mark(char *line)
{
    trim_end(line);
    size_t len = strlen(line);
    if (len >= 2 && strcmp(line + len - 2, "*/") == 0) {
        len -= 2;
        while (len > 2 && line[len - 1] == '*') {
            len--;
        }
        line[len] = '\0';
        trim_end(line);
    }
}

static bool
takes(const char **at, const char *command)
{
    size_t len = strlen(command);
    if (((*at)[0] != '@' && (*at)[0] != '\\')
        || strncmp(*at + 1, command, len) != 0
        || strchr(" \t[", (*at)[len + 1]) == NULL)
    {
        return false;
    }
    *at += len + 1;
    if (**at == '[') { /* @param[in] */
        *at += strcspn(*at, "]");
        *at += **at == ']';
    }
    *at += strspn(*at, " \t");
    return true;
}

/* One line, Doxygen's commands in plain words. */
static char *
plain_line(const char *line)
{
    const char *at = line + strspn(line, " \t");
    if (takes(&at, "param") || takes(&at, "retval")) {
        size_t name = strcspn(at, " \t");
        const char *rest = at + name + strspn(at + name, " \t");
        return mem_format("%.*s: %s", (int)name, at, rest);
    }
    if (takes(&at, "return") || takes(&at, "returns")) {
        return mem_format("Returns %s", at);
    }
    if (takes(&at, "brief") || takes(&at, "details")) {
        return mem_copy_str(at);
    }
    return mem_copy_str(line);
}

/* The bytes of one character of UTF-8 at `at`; 0 when it is none. */
static size_t
utf8_length(const unsigned char *at)
{
    size_t len = at[0] < 0x80                    ? 1
                 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
                 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                 : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                                 : 0;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_bad = (at[0] == 0xe0 && at[1] < 0xa0)
                  || (at[0] == 0xed && at[1] > 0x9f)
                  || (at[0] == 0xf0 && at[1] < 0x90)
                  || (at[0] == 0xf4 && at[1] > 0x8f);
    return is_bad ? 0 : len;
}

static void
make_utf8(char *text)
{
    unsigned char *at = (unsigned char *)text;
    while (*at != '\0') {
        size_t len = utf8_length(at);
        if (len == 0) {
            *at = '?';
        }
        at += len == 0 ? 1 : len;
    }
}

/* Spaces that all lines but the first and the empty ones begin with: a block
 * without stars hangs below its first words. */
static size_t
common_indent(const struct list *lines)
{
    size_t least = 1000;
    for (size_t i = 1; i < lines->count; i++) {
        size_t n = strspn(lines->items[i], " \t");
        if (lines->items[i][n] != '\0' && n < least) {
            least = n;
        }
    }
    return least;
}

static char *
join(const struct list *lines, bool has_marks)
{
    struct buf out = BUF_INIT;
    size_t indent = has_marks ? 0 : common_indent(lines);
    size_t empty = 0;
    for (size_t i = 0; i < lines->count; i++) {
        const char *line = lines->items[i];
        size_t own = strspn(line, " \t");
        line += i == 0 || own < indent || line[own] == '\0' ? own : indent;
        if (*line == '\0') {
            empty++;
            continue;
        }
        for (; out.len > 0 && empty > 0; empty--) {
            buf_add_str(&out, "\n");
        }
        empty = 0;
        char *plain = plain_line(line);
        buf_add_fmt(&out, "%s%s", out.len > 0 ? "\n" : "", plain);
        free(plain);
    }
    if (out.len == 0) {
        buf_dispose(&out);
        return NULL;
    }
    return buf_take(&out);
}

char *
comment_words(const char *comment)
{
    struct list lines = LIST_INIT;
    bool has_marks = false;
    for (const char *at = comment; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        char *line = mem_copy_range(at, len);
        cut_end_mark(line);
        const char *words = skip_marks(line, at == comment);
        has_marks |= at > comment && words != line;
        list_add(&lines, words);
        free(line);
        at += len + (at[len] == '\n');
    }
    char *words = join(&lines, has_marks);
    list_dispose(&lines);
    if (words != NULL) {
        make_utf8(words);
    }
    return words;
}
