/* opt_hint: see opt_hint.h. */
#include "opt_hint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "opt.h"
#include "path.h"

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap two neighbours) from `a` to `b`. */
static size_t
distance(const char *a, const char *b)
{
    size_t rows = strlen(a) + 1;
    size_t columns = strlen(b) + 1;
    size_t *cost = mem_resize(NULL, rows * columns, sizeof(*cost));
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < columns; k++) {
            size_t *here = &cost[i * columns + k];
            if (i == 0 || k == 0) {
                *here = i + k;
                continue;
            }
            int x = tolower((unsigned char)a[i - 1]);
            int y = tolower((unsigned char)b[k - 1]);
            *here = least(least(here[-1], here[-(ptrdiff_t)columns]) + 1,
                          here[-(ptrdiff_t)columns - 1] + (x != y));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
            {
                *here = least(*here, cost[(i - 2) * columns + k - 2] + 1);
            }
        }
    }
    size_t result = cost[rows * columns - 1];
    free(cost);
    return result;
}

const char *
opt_near(const char *text, const char *const *words)
{
    const char *nearest = NULL;
    size_t nearest_cost = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 64) {
        return NULL;
    }
    for (; *words != NULL; words++) {
        size_t word_len = strlen(*words);
        size_t longer = len > word_len ? len : word_len;
        size_t limit = longer / 3 > 0 ? longer / 3 : 1;
        size_t cost = distance(text, *words);
        /* Half a word typed is meant more surely than three letters
         * wrong. */
        if (len >= 3 && len < word_len
            && strncmp(text, *words, len) == 0)
        {
            cost = 1;
        }
        if (cost <= limit && cost < longer
            && (nearest == NULL || cost < nearest_cost))
        {
            nearest = *words;
            nearest_cost = cost;
        }
    }
    return nearest;
}

void
opt_quote(struct buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./:,@%~";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        buf_add_str(out, word);
        return;
    }
    buf_add(out, "'", 1);
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            buf_add_str(out, "'\\''");
        }
        else {
            buf_add(out, word, 1);
        }
    }
    buf_add(out, "'", 1);
}

static void
hint_near(const struct opt *table, const char *word, struct buf *out)
{
    const char **names = NULL;
    size_t count = 0;
    for (const struct opt *o = table; o->name != NULL; o++) {
        names = mem_resize(names, count + 3, sizeof(*names));
        names[count++] = o->name;
        if (o->alias != NULL) {
            names[count++] = o->alias;
        }
        names[count] = NULL;
    }
    const char *typed = word + strspn(word, "-");
    char *name = mem_copy_range(typed, strcspn(typed, "="));
    const char *near = names == NULL ? NULL : opt_near(name, names);
    if (near != NULL) {
        buf_add_fmt(out, "did you mean '--%s'?", near);
    }
    free(name);
    free(names);
}

/* Whether a word names the app itself: only then may `--` stand behind it. */
static bool
is_app(const char *word)
{
    return strcmp(path_suffix(word), ".py") == 0 || path_is_file(word)
           || path_is_dir(word);
}

/* The words of a run, sorted: ours, the app, and what is the app's. */
struct sorted {
    struct list ours;
    const char *app;
    struct list theirs;
};

static void
sort_words(const struct opt *table, size_t count, char **argv,
           struct sorted *s)
{
    for (size_t i = 0; i < count && strcmp(argv[i], "--") != 0; i++) {
        const struct opt *o = opt_find(table, argv[i]);
        if (o != NULL) {
            list_add(&s->ours, argv[i]);
            if (opt_takes_next(o, argv[i]) && i + 1 < count) {
                list_add(&s->ours, argv[++i]);
            }
        }
        else if (s->app == NULL && argv[i][0] != '-' && is_app(argv[i])
                 && (s->theirs.count == 0 || s->theirs.items[0][0] == '-'))
        {
            s->app = argv[i];
        }
        else {
            list_add(&s->theirs, argv[i]);
        }
    }
}

static void
add_words(struct buf *out, const struct list *words)
{
    for (size_t i = 0; i < words->count; i++) {
        buf_add(out, " ", 1);
        opt_quote(out, words->items[i]);
    }
}

void
opt_hint_dashes(const struct opt *table, size_t count, char **argv,
                struct buf *out)
{
    struct sorted s = {LIST_INIT, NULL, LIST_INIT};
    sort_words(table, count, argv, &s);
    bool is_command = s.app == NULL && s.theirs.count > 0
                      && s.theirs.items[0][0] != '-';
    if (s.app != NULL || is_command) {
        if (out->len > 0) {
            buf_add(out, "\n", 1);
        }
        buf_add_fmt(out, "to pass it on: cowbird run");
        if (s.app != NULL) {
            buf_add(out, " ", 1);
            opt_quote(out, s.app);
        }
        add_words(out, &s.ours);
        buf_add_str(out, " --");
        add_words(out, &s.theirs);
    }
    list_dispose(&s.ours);
    list_dispose(&s.theirs);
}

void
opt_hint(const struct opt *table, bool around_app, size_t count, char **argv,
         size_t at, struct buf *out)
{
    hint_near(table, argv[at], out);
    bool has_dashes = false;
    for (size_t i = at; i < count; i++) {
        has_dashes = has_dashes || strcmp(argv[i], "--") == 0;
    }
    /* With a `--` further on the words before it are meant for us. */
    if (around_app && !has_dashes) {
        opt_hint_dashes(table, count, argv, out);
    }
}
