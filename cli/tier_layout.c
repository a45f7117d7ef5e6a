/* tier_layout: see tier_layout.h. */
#include "tier_layout.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compile.h"
#include "file.h"
#include "mem.h"
#include "table.h"
#include "wire/layout.h"

/* -- words ---------------------------------------------------------------- */

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* By which C asks for another layout, within longer words too: __attribute__,
 * PACKED, _Alignas, the flag -fpack-struct; and alone: #pragma pack. */
static const char *const special[] = {"attribute", "packed",  "aligned",
                                      "alignas",   "storage_order",
                                      "fshort",    "fpack",   NULL};

static bool
is_special_at(const char *text, const char *at)
{
    char first = (char)tolower((unsigned char)*at);
    for (size_t i = 0; special[i] != NULL; i++) {
        if (special[i][0] == first
            && strncasecmp(at, special[i], strlen(special[i])) == 0)
        {
            return true;
        }
    }
    return first == 'p' && strncmp(at, "pack", 4) == 0 && !is_word(at[4])
           && (at == text || !is_word(at[-1]));
}

/* Every save by tcc asks: one pass, and nothing is kept. */
static bool
is_special(const char *text)
{
    const char *at = text;
    while (*at != '\0' && !is_special_at(text, at)) {
        at++;
    }
    return *at != '\0';
}

/* Whether sources, headers or flags ask for a layout that is not the usual
 * one. */
static bool
asks_for_layout(const struct build *b)
{
    const struct list *flags = &b->module->cflags;
    bool asks = false;
    for (size_t i = 0; i < flags->count && !asks; i++) {
        asks = is_special(flags->items[i]);
    }
    for (size_t i = 0; i < b->texts.count && !asks; i++) {
        struct buf text = BUF_INIT;
        asks = file_read(b->texts.items[i], &text, NULL) == 0
               && is_special(buf_text(&text));
        buf_dispose(&text);
    }
    return asks;
}

/* The words of a module's sources, of its headers and flags. */
struct words {
    struct table all;
};

/* Comments and literals too: more words only mean more to compare. */
static void
add_words(struct words *w, const char *text)
{
    while (*text != '\0') {
        size_t len = 0;
        while (is_word(text[len])) {
            len++;
        }
        if (len > 0 && !isdigit((unsigned char)text[0])) {
            char *word = mem_copy_range(text, len);
            if (table_get(&w->all, word) == NULL) {
                table_set(&w->all, word, w);
            }
            free(word);
        }
        text += len > 0 ? len : 1;
    }
}

static void
read_words(struct words *w, const struct build *b)
{
    const struct list *flags = &b->module->cflags;
    *w = (struct words){.all = TABLE_INIT};
    for (size_t i = 0; i < flags->count; i++) {
        add_words(w, flags->items[i]);
    }
    for (size_t i = 0; i < b->texts.count; i++) {
        struct buf text = BUF_INIT;
        if (file_read(b->texts.items[i], &text, NULL) == 0) {
            add_words(w, buf_text(&text));
        }
        buf_dispose(&text);
    }
}

/* -- what an artefact tells ----------------------------------------------- */

enum { LEXICAL_BLOCK = 0x0b };

/* Structs, unions, enums, typedefs, variables, functions. */
static const char marks[] = "suetvf";

/* What one name stands for: a type, a variable, or a function's result and
 * parameters. */
struct named {
    char mark;
    struct layout layout;
    bool is_ambiguous; /* another thing of that name is another */
};

struct told {
    struct layouts layouts;
    const struct words *words;
    struct table names; /* mark and name to struct named; owned */
};

/* What is compared, a character each; 0: nothing of ours. */
static char
mark_of(const struct debug_entry *y)
{
    bool is_type = !y->is_declaration && (y->has_size || y->type != 0);
    switch (y->tag) {
    case DEBUG_STRUCT:
        return is_type ? 's' : 0;
    case DEBUG_UNION:
        return is_type ? 'u' : 0;
    case DEBUG_ENUM:
        return is_type ? 'e' : 0;
    case DEBUG_TYPEDEF:
        return is_type ? 't' : 0;
    case DEBUG_VARIABLE:
        return y->type != 0 ? 'v' : 0;
    case DEBUG_FUNCTION:
        return y->has_children || y->type != 0 ? 'f' : 0;
    default:
        return 0;
    }
}

static uint64_t
size_of(const struct layout *l)
{
    return l->size > 0 || l->count == 0 ? l->size : l->fields[0].bits / 8;
}

static const struct layout_field *
field_of(const struct layout *l, const char *path)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->fields[i].path, path) == 0) {
            return &l->fields[i];
        }
    }
    return NULL;
}

static bool
is_same(const struct layout *x, const struct layout *y)
{
    bool is = x->count == y->count && size_of(x) == size_of(y);
    for (size_t i = 0; is && i < x->count; i++) {
        const struct layout_field *f = &x->fields[i];
        const struct layout_field *g = field_of(y, f->path);
        is = g != NULL && f->bit_at == g->bit_at && f->bits == g->bits
             && strcmp(f->type, g->type) == 0;
    }
    return is;
}

/* Takes over what `from` has, below `path`. */
static void
take_fields(struct layout *to, struct layout *from, const char *path)
{
    to->fields = mem_resize(to->fields, to->count + from->count + 1,
                            sizeof(*to->fields));
    for (size_t i = 0; i < from->count; i++) {
        struct layout_field f = from->fields[i];
        char *whole = mem_format("%s%s%s", path, f.path[0] != '\0' ? "." : "",
                                 f.path);
        free(f.path);
        f.path = whole;
        to->fields[to->count++] = f;
    }
    from->count = 0;
    layout_dispose(from);
}

/* tcc lists parameters from the last to the first: the name tells which. */
static void
read_signature(const struct layouts *l, const struct debug_entry *function,
               struct layout *out)
{
    struct layout one;
    struct debug_entry y;
    if (layout_read_type(l, function->type, &one, NULL) == 0) {
        take_fields(out, &one, "the result");
    }
    uint64_t at = function->has_children ? function->next : 0;
    while (at != 0 && debug_read(&l->debug, function->unit, at, &y)
           && y.tag != 0)
    {
        if (y.tag == DEBUG_PARAMETER && y.name != NULL
            && layout_read_type(l, y.type, &one, NULL) == 0)
        {
            take_fields(out, &one, y.name);
        }
        at = debug_after(&l->debug, &y);
    }
}

static void
note(struct told *t, const struct debug_entry *y, char mark)
{
    struct layout layout = {0};
    char *key = mem_format("%c%s", mark, y->name);
    if (mark == 'f') {
        read_signature(&t->layouts, y, &layout);
    }
    else {
        uint64_t at = mark == 'v' ? y->type : y->at;
        (void)layout_read_type(&t->layouts, at, &layout, NULL);
    }
    struct named *n = table_get(&t->names, key);
    if (n == NULL) {
        n = mem_new(sizeof(*n));
        *n = (struct named){.mark = mark, .layout = layout};
        table_set(&t->names, key, n);
    }
    else {
        n->is_ambiguous |= !is_same(&n->layout, &layout);
        layout_dispose(&layout);
    }
    free(key);
}

/* Types may be declared inside functions; variables there are nobody's. */
static void
walk(struct told *t, const struct debug_unit *u)
{
    const struct debug *d = &t->layouts.debug;
    struct debug_entry y;
    uint64_t at = debug_read(d, u, u->first, &y) && y.has_children ? y.next
                                                                   : 0;
    uint64_t outside = 0; /* where the function ends that `at` is in */
    while (at != 0 && debug_read(d, u, at, &y)) {
        char mark = y.name == NULL ? 0 : mark_of(&y);
        bool is_outside = at >= outside;
        if (mark != 0 && (is_outside || mark != 'v')
            && table_get(&t->words->all, y.name) != NULL)
        {
            note(t, &y, mark);
        }
        bool is_code = y.tag == DEBUG_FUNCTION || y.tag == LEXICAL_BLOCK;
        if (y.tag == DEBUG_FUNCTION && is_outside) {
            outside = debug_after(d, &y);
        }
        at = is_code || y.tag == 0 ? y.next : debug_after(d, &y);
    }
}

static bool
tell(struct told *t, const char *artefact, const struct words *w)
{
    *t = (struct told){.words = w};
    if (layouts_open(&t->layouts, artefact, NULL) < 0) {
        return false;
    }
    for (size_t i = 0; i < t->layouts.debug.unit_count; i++) {
        walk(t, &t->layouts.debug.units[i]);
    }
    return true;
}

static void
told_dispose(struct told *t)
{
    size_t at = 0;
    for (const struct table_slot *s;
         (s = table_next(&t->names, &at)) != NULL;)
    {
        struct named *n = s->value;
        layout_dispose(&n->layout);
        free(n);
    }
    table_dispose(&t->names);
    layouts_close(&t->layouts);
}

/* -- comparing ------------------------------------------------------------ */

/* Of sources that are the same: nothing but places and sizes can differ. On
 * the heap; NULL: nothing does. */
static char *
difference(const char *name, const struct named *x, const struct named *y)
{
    const struct layout *a = &x->layout;
    const struct layout *b = &y->layout;
    const char *kind = x->mark == 's'   ? "struct "
                       : x->mark == 'u' ? "union "
                       : x->mark == 'e' ? "enum "
                                        : "";
    /* A function is its result and its parameters; tcc tells a result of type
     * void, for which cc has no word. */
    if (x->mark != 'f' && size_of(a) != size_of(b)) {
        return mem_format("%s%s is %llu bytes by tcc and %llu by cc", kind,
                          name, (unsigned long long)size_of(a),
                          (unsigned long long)size_of(b));
    }
    for (size_t i = 0; i < a->count; i++) {
        const struct layout_field *f = &a->fields[i];
        const struct layout_field *g = field_of(b, f->path);
        if (g == NULL || (f->bit_at == g->bit_at && f->bits == g->bits)) {
            continue;
        }
        bool is_moved = f->bit_at != g->bit_at;
        uint64_t p = is_moved ? f->bit_at : f->bits;
        uint64_t q = is_moved ? g->bit_at : g->bits;
        bool is_whole = p % 8 == 0 && q % 8 == 0;
        const char *unit = is_whole ? "byte" : "bit";
        p = is_whole ? p / 8 : p;
        q = is_whole ? q / 8 : q;
        return is_moved
                   ? mem_format("%s in %s%s lies at %s %llu by tcc and %llu "
                                "by cc",
                                f->path, kind, name, unit,
                                (unsigned long long)p, (unsigned long long)q)
                   : mem_format("%s %s %s%s is %llu %ss by tcc and %llu by "
                                "cc",
                                f->path, x->mark == 'f' ? "of" : "in", kind,
                                name, (unsigned long long)p, unit,
                                (unsigned long long)q);
    }
    return NULL;
}

/* The order in which differences are told: a type explains what is made of
 * it. */
static int
rank(const char *key)
{
    return (int)(strchr(marks, key[0]) - marks);
}

static bool
is_before(const char *key, const char *other)
{
    int order = rank(key) - rank(other);
    return order < 0 || (order == 0 && strcmp(key, other) < 0);
}

static char *
first_difference(const struct told *tcc, const struct told *cc)
{
    const char *first = NULL;
    char *found = NULL;
    size_t at = 0;
    for (const struct table_slot *s;
         (s = table_next(&tcc->names, &at)) != NULL;)
    {
        const struct named *x = s->value;
        const struct named *y = table_get(&cc->names, s->key);
        bool is_asked = y != NULL && !x->is_ambiguous && !y->is_ambiguous
                        && (first == NULL || is_before(s->key, first));
        char *text = is_asked ? difference(s->key + 1, x, y) : NULL;
        if (text != NULL) {
            free(found);
            found = text;
            first = s->key;
        }
    }
    return found;
}

char *
tier_layout_differs(const char *by_tcc, const struct build *by_cc)
{
    struct words w;
    struct told tcc, cc;
    read_words(&w, by_cc);
    bool is_told = tell(&tcc, by_tcc, &w);
    is_told = tell(&cc, by_cc->artefact, &w) && is_told;
    char *found = is_told ? first_difference(&tcc, &cc)
                          : mem_copy_str("no debug information to compare "
                                         "layouts by");
    told_dispose(&tcc);
    told_dispose(&cc);
    table_dispose(&w.all);
    return found;
}

/* Whether every type that `new` tells of is the same in `old`. */
static bool
is_covered(const struct told *old, const struct told *new)
{
    size_t at = 0;
    bool is = true;
    for (const struct table_slot *s;
         is && (s = table_next(&new->names, &at)) != NULL;)
    {
        const struct named *x = s->value;
        const struct named *y = table_get(&old->names, s->key);
        is = x->mark == 'v' || x->mark == 'f'
             || (y != NULL && !x->is_ambiguous && !y->is_ambiguous
                 && is_same(&x->layout, &y->layout));
    }
    return is;
}

bool
tier_layout_is_known(const char *known, const struct build *by_tcc)
{
    struct words w;
    struct told old, new;
    if (!asks_for_layout(by_tcc)) {
        return true;
    }
    if (known == NULL) {
        return false;
    }
    read_words(&w, by_tcc);
    bool is_known = tell(&old, known, &w);
    is_known = tell(&new, by_tcc->artefact, &w) && is_known
               && is_covered(&old, &new);
    told_dispose(&old);
    told_dispose(&new);
    table_dispose(&w.all);
    return is_known;
}
