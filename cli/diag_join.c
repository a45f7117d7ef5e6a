/* diag_join: see diag_join.h.
 *
 * Two compilers never use the same words, and tcc names the line on which it
 * noticed. Two diagnostics are one when they stand on the same line and mean
 * the same: the same flag, a name that both quote, words of one row of
 * `meanings`, or simply nothing else on that line. What was "expected" may be
 * noticed on the next line that holds code.
 */
#include "diag_join.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"

/* Phrases of gcc, tcc and clang that say one thing, a row each. */
static const char *const meanings[][6] = {
    {"expected", "missing", NULL},
    {"No such file", "not found", NULL},
    {"#include nested", "#include recursion", NULL},
    {"undeclared", "undefined", "identifier expected", "unknown type", NULL},
    {"incompatible", "cannot convert", "without a cast", "conversion", NULL},
    {"too many", "too few", NULL},
    {"redefin", "redeclar", "conflicting", "duplicate", NULL},
    {"no member", "field not found", NULL},
    {"lvalue", "not assignable", "read-only", NULL},
};

#define NOBODY ((size_t)-1)

struct join {
    const struct diag_list *said; /* the compiler's */
    const struct diag_list *lent;
    size_t *taker; /* of each of `lent`: who takes it, one of `said`; NOBODY */
    size_t *found; /* the reverse */
    struct diag_list out;
};

static bool
is_same_path(const struct diag *a, const struct diag *b)
{
    return a->path != NULL && b->path != NULL && strcmp(a->path, b->path) == 0;
}

static bool
has_row(const char *const *row, const char *message)
{
    for (; *row != NULL; row++) {
        if (strstr(message, *row) != NULL) {
            return true;
        }
    }
    return false;
}

/* The next 'name' at `*at` or behind it: its length, 0 when there is none.
 * `*at` is then its first letter. */
static size_t
next_quoted(const char **at)
{
    while ((*at = strchr(*at, '\'')) != NULL) {
        const char *name = ++*at;
        size_t len = strcspn(name, "'");
        if (name[len] == '\0') {
            return 0;
        }
        if (len > 0 && (isalpha((unsigned char)name[0]) || name[0] == '_')) {
            return len;
        }
        *at = name + len + 1;
    }
    return 0;
}

static bool
shares_name(const char *a, const char *b)
{
    size_t len;
    for (const char *at = a; (len = next_quoted(&at)) > 0; at += len + 1) {
        char *quoted = mem_format("'%.*s'", (int)len, at);
        bool is_shared = strstr(b, quoted) != NULL;
        free(quoted);
        if (is_shared) {
            return true;
        }
    }
    return false;
}

static bool
means_same(const struct diag *a, const struct diag *b)
{
    if ((a->flag != NULL && b->flag != NULL && strcmp(a->flag, b->flag) == 0)
        || shares_name(a->message, b->message))
    {
        return true;
    }
    for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
        if (has_row(meanings[i], a->message)
            && has_row(meanings[i], b->message))
        {
            return true;
        }
    }
    return false;
}

/* A note that tells where a macro was used: libclang puts the diagnostic
 * there, gcc into the macro. */
static bool
is_use(const struct diag *note)
{
    return strstr(note->message, "in expansion of macro") != NULL;
}

/* Whether the diagnostic at `index`, or the macro that it came from, stands
 * on the line of `d`, or nobody knows on which. */
static bool
is_on_line(const struct diag_list *l, size_t index, const struct diag *d)
{
    size_t end = diag_family_end(l, index);
    for (size_t i = index; i < end; i++) {
        const struct diag *one = &l->items[i];
        if ((i == index || is_use(one)) && is_same_path(one, d)
            && (one->line == d->line || one->line == 0))
        {
            return true;
        }
    }
    return false;
}

/* Whether the line holds only blanks, a comment or a brace's end. */
static bool
is_without_code(const char *line, size_t len)
{
    size_t at = 0;
    while (at < len && strchr(" \t\r", line[at]) != NULL) {
        at++;
    }
    return at == len || line[at] == '#' || line[at] == '*'
           || (len - at >= 2 && line[at] == '/'
               && (line[at + 1] == '/' || line[at + 1] == '*'));
}

/* Whether no line between the two holds code. */
static bool
is_next_code(const char *path, unsigned line, unsigned next)
{
    struct buf text = BUF_INIT;
    bool is_next = file_read(path, &text, NULL) == 0;
    const char *at = buf_text(&text);
    const char *end = at + text.len;
    for (unsigned number = 1; is_next && number < next && at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        is_next = number <= line
                  || is_without_code(at, (size_t)(stop - at));
        at = stop < end ? stop + 1 : end;
    }
    buf_dispose(&text);
    return is_next;
}

static bool
is_noticed_later(const struct diag *said, const struct diag *lent)
{
    return said->severity == DIAG_ERROR && lent->severity == DIAG_ERROR
           && lent->line < said->line && said->line - lent->line < 100
           && is_same_path(said, lent)
           && strstr(said->message, "expected") != NULL
           && strstr(lent->message, "expected") != NULL
           && is_next_code(said->path, lent->line, said->line);
}

/* Diagnostics of `l` on the line of `d`, notes left out. */
static size_t
count_on_line(const struct diag_list *l, const struct diag *d)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i = diag_family_end(l, i)) {
        count += is_on_line(l, i, d);
    }
    return count;
}

/* Which of libclang's is the compiler's at `index`, or NOBODY. */
static size_t
find_lent(const struct join *j, size_t index)
{
    const struct diag *said = &j->said->items[index];
    size_t alone = NOBODY;
    size_t later = NOBODY;
    for (size_t i = 0; i < j->lent->count; i = diag_family_end(j->lent, i)) {
        const struct diag *lent = &j->lent->items[i];
        if (j->taker[i] != NOBODY || lent->severity == DIAG_NOTE) {
            continue;
        }
        bool is_here = is_on_line(j->said, index, lent);
        if (is_here && means_same(said, lent)) {
            return i;
        }
        if (is_here && said->line > 0 && count_on_line(j->said, lent) == 1
            && count_on_line(j->lent, lent) == 1)
        {
            alone = i;
        }
        if (later == NOBODY && is_noticed_later(said, lent)) {
            later = i;
        }
    }
    return alone != NOBODY ? alone : later;
}

/* "#error words" says more than the words alone. */
static bool
has_better_words(const struct diag *said)
{
    return strncmp(said->message, "#error", 6) == 0
           || strncmp(said->message, "#warning", 8) == 0;
}

static void
keep_text(char **mine, const char *theirs)
{
    if (*mine == NULL) {
        *mine = mem_copy_str(theirs);
    }
}

/* libclang's with the compiler's decision, and what only the compiler
 * told. */
static void
add_joined(struct join *j, size_t index)
{
    size_t lent = j->found[index];
    const struct diag *said = &j->said->items[index];
    size_t first = j->out.count;
    diag_copy(&j->out, j->lent, lent, diag_family_end(j->lent, lent));
    struct diag *d = &j->out.items[first];
    d->severity = said->severity;
    keep_text(&d->help, said->help);
    keep_text(&d->flag, said->flag);
    if (has_better_words(said)) {
        free(d->message);
        d->message = mem_copy_str(said->message);
    }
    for (size_t i = 0; d->fixit_count == 0 && i < said->fixit_count; i++) {
        const struct diag_fixit *f = &said->fixits[i];
        diag_add_fixit(d, f->path == NULL ? said->path : f->path, f->span,
                       f->text);
    }
    size_t end = diag_family_end(j->said, index);
    for (size_t i = index + 1; i < end; i++) {
        if (strcmp(j->said->items[i].message, "included from here") == 0) {
            diag_copy(&j->out, j->said, i, i + 1);
        }
    }
}

/* Who of the two lists takes whom. True when libclang knows one of the
 * compiler's errors. */
static bool
match(struct join *j)
{
    j->taker = mem_new((j->lent->count + 1) * sizeof(*j->taker));
    j->found = mem_new((j->said->count + 1) * sizeof(*j->found));
    bool has_error = false;
    for (size_t i = 0; i < j->lent->count; i++) {
        j->taker[i] = NOBODY;
    }
    for (size_t i = 0; i < j->said->count; i++) {
        const struct diag *said = &j->said->items[i];
        bool has_place = !said->is_child && said->path != NULL;
        j->found[i] = has_place ? find_lent(j, i) : NOBODY;
        if (j->found[i] != NOBODY) {
            j->taker[j->found[i]] = i;
            has_error = has_error || said->severity == DIAG_ERROR;
        }
    }
    return has_error;
}

/* In the compiler's order; of one that stops early only the errors that
 * libclang does not know: its few warnings come with other lines, and
 * libclang's stand for them. */
static void
add_said(struct join *j, bool only_unknown)
{
    for (size_t i = 0; i < j->said->count;) {
        size_t end = diag_family_end(j->said, i);
        if (!only_unknown && j->found[i] != NOBODY) {
            add_joined(j, i);
        }
        else if (!only_unknown
                 || (j->found[i] == NOBODY
                     && j->said->items[i].severity == DIAG_ERROR))
        {
            diag_copy(&j->out, j->said, i, end);
        }
        i = end;
    }
}

/* In libclang's order: that of the source. */
static void
add_lent(struct join *j)
{
    for (size_t i = 0; i < j->lent->count;) {
        size_t end = diag_family_end(j->lent, i);
        if (j->taker[i] != NOBODY) {
            add_joined(j, j->taker[i]);
        }
        else {
            diag_copy(&j->out, j->lent, i, end);
        }
        i = end;
    }
}

/* `l` becomes what was joined. */
static void
end_join(struct join *j, struct diag_list *l)
{
    free(j->taker);
    free(j->found);
    diag_list_dispose(l);
    *l = j->out;
}

void
diag_join(struct diag_list *l, const struct diag_list *lent, bool stops_early)
{
    struct join j = {.said = l, .lent = lent, .out = DIAG_LIST_INIT};
    bool has_error = match(&j);
    if (stops_early && has_error) {
        add_lent(&j);
    }
    add_said(&j, stops_early && has_error);
    end_join(&j, l);
}

void
diag_drop_said(struct diag_list *l, const struct diag_list *said)
{
    struct join j = {.said = said, .lent = l, .out = DIAG_LIST_INIT};
    match(&j);
    for (size_t i = 0; i < l->count;) {
        size_t end = diag_family_end(l, i);
        size_t by = j.taker[i];
        if (by == NOBODY || l->items[i].severity == DIAG_ERROR
            || !means_same(&said->items[by], &l->items[i]))
        {
            diag_copy(&j.out, l, i, end);
        }
        i = end;
    }
    end_join(&j, l);
}
