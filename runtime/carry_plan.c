/* carry_plan: which variables of two artefacts belong together, and what is
 * to be said of those that do not; see carry.h.
 *
 * The name alone does not tell: several functions may have a `count`. The
 * debug information says which function each belongs to; where it does not
 * (no -g, all on one line), those of one name go by their order, as long as
 * there are as many as before.
 */
#include "carry.h"

#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "image.h"
#include "sort.h"
#include "statics.h"
#include "symbols.h"
#include "tables.h"
#include "wipe.h"
#include "wire/buf.h"

#include "guard.h"

struct plan {
    struct carry *c;
    const struct statics *was, *is;
    bool *was_paired, *is_paired; /* by index */
    bool is_broken;               /* an allocation failed */
    bool is_save;
};

/* -- words ---------------------------------------------------------------- */

/* Of the generated binding, or of a compiler: nobody asks for these. */
static bool
is_private(const struct static_variable *v)
{
    return symbols_is_binding(v->name) || strncmp(v->name, "__", 2) == 0
           || strncmp(v->name, "_Z", 2) == 0;
}

static void
add_note(struct plan *p, const struct static_variable *v, struct buf *why)
{
    struct buf name = BUF_INIT;
    if (v->called != NULL && strncmp(v->name, "_Z", 2) == 0) {
        buf_add_str(&name, v->called); /* C++ has mangled the other */
    }
    else {
        buf_add(&name, v->name, v->name_len);
    }
    if (v->function != NULL && v->is_sure) {
        buf_add_fmt(&name, " in %s()", v->function);
    }
    p->is_broken |= name.is_broken || why->is_broken
                    || carry_tell(p->c, buf_take(&name), buf_take(why)) < 0;
}

static const unsigned char *
start_of(const struct static_variable *v)
{
    static const unsigned char zeros[sizeof(uint64_t)];
    return v->initial != NULL ? v->initial : zeros;
}

static void
tell_start(struct plan *p, const struct static_variable *was,
           const struct static_variable *is)
{
    char from[40];
    char to[40];
    struct buf why = BUF_INIT;
    buf_add_str(&why, "reset: its initialiser changed");
    if (was->type != 0 && was->size <= sizeof(uint64_t)
        && dwarf_number(&p->was->dwarf, was->type, start_of(was), was->size,
                        from, sizeof(from))
        && dwarf_number(&p->is->dwarf, is->type, start_of(is), is->size, to,
                        sizeof(to)))
    {
        buf_add_fmt(&why, " (%s to %s)", from, to);
    }
    add_note(p, is, &why);
}

/* "struct *": only a typedef has a name for it, which tcc does not tell. */
static bool
is_nameless(const char *words)
{
    static const char start[] = "struct";
    size_t len = sizeof(start) - 1;
    return strncmp(words, start, len) == 0
           && (words[len] == '\0' || words[len + 1] == '*'
               || words[len + 1] == '[');
}

static void
tell_type(struct plan *p, const struct static_variable *was,
          const struct static_variable *is)
{
    char from[80] = "";
    char to[80] = "";
    struct buf why = BUF_INIT;
    if (was->type != 0 && is->type != 0) {
        dwarf_words(&p->was->dwarf, was->type, from, sizeof(from));
        dwarf_words(&p->is->dwarf, is->type, to, sizeof(to));
    }
    bool is_from = is_nameless(from);
    bool is_to = is_nameless(to);
    if (strcmp(from, to) != 0 && !is_from && !is_to) {
        buf_add_fmt(&why, "reset: its type changed (%s to %s)", from, to);
    }
    else if (was->size != is->size) {
        buf_add_fmt(&why, "reset: it goes from %zu to %zu bytes", was->size,
                    is->size);
    }
    else {
        buf_add_fmt(&why, "reset: the layout of %s changed",
                    is_to && !is_from ? from : to);
    }
    add_note(p, is, &why);
}

static void
tell(struct plan *p, const struct static_variable *v, const char *what)
{
    struct buf why = BUF_INIT;
    buf_add_str(&why, what);
    add_note(p, v, &why);
}

/* -- pairs ---------------------------------------------------------------- */

static bool
is_same_type(const struct plan *p, const struct static_variable *was,
             const struct static_variable *is)
{
    if (was->size != is->size) {
        return false;
    }
    return was->type == 0 || is->type == 0
           || dwarf_digest(&p->was->dwarf, was->type)
                  == dwarf_digest(&p->is->dwarf, is->type);
}

/* What the interpreter reads is the new code's. So is what begins with
 * addresses where nobody knows its type, or where a generator wrote it. */
static bool
is_table(const struct statics *s, const struct static_variable *v)
{
    if (v->type != 0 && dwarf_is_python(&s->dwarf, v->type)) {
        return true;
    }
    return v->has_addresses && (v->type == 0 || is_private(v));
}

static void
pair(struct plan *p, size_t i, size_t j)
{
    const struct static_variable *was = &p->was->items[i];
    const struct static_variable *is = &p->is->items[j];
    p->was_paired[i] = true;
    p->is_paired[j] = true;
    bool is_reset = p->is_save && is->wish == CARRY_NEVER; /* as asked */
    if (is_table(p->was, was) || is_table(p->is, is) || is_reset) {
        return;
    }
    if (!is_same_type(p, was, is)) {
        tell_type(p, was, is);
    }
    else if (is->wish != CARRY_ALWAYS
             && !statics_same_start(p->was, was, p->is, is))
    {
        tell_start(p, was, is);
    }
    else {
        struct carry_item *item = &p->c->items[p->c->count++];
        item->from = (char *)(p->c->old->elf.bias + was->address);
        item->to = (char *)(p->c->new->elf.bias + is->address);
        item->size = was->size;
    }
}

/* How many from `at` on bear the same name. */
static size_t
group_len(const struct statics *s, size_t at)
{
    size_t len = 1;
    while (at + len < s->count
           && statics_compare(&s->items[at], &s->items[at + len]) == 0)
    {
        len++;
    }
    return len;
}

static bool
is_same_owner(const struct static_variable *a,
              const struct static_variable *b)
{
    if (!a->is_sure || !b->is_sure) {
        return false;
    }
    return a->function == NULL || b->function == NULL
               ? a->function == b->function
               : strcmp(a->function, b->function) == 0;
}

struct group {
    size_t at, len;
};

static size_t
count_left(const bool *is_paired, struct group g)
{
    size_t left = 0;
    for (size_t i = 0; i < g.len; i++) {
        left += !is_paired[g.at + i];
    }
    return left;
}

/* First those of one function, in their order there; then, when any of the
 * rest may be any other's, by order alone. */
static void
pair_group(struct plan *p, struct group were, struct group are)
{
    for (size_t i = were.at; i < were.at + were.len; i++) {
        size_t j = are.at;
        while (j < are.at + are.len
               && (p->is_paired[j]
                   || !is_same_owner(&p->was->items[i], &p->is->items[j])))
        {
            j++;
        }
        if (j < are.at + are.len) {
            pair(p, i, j);
        }
    }
    if (count_left(p->was_paired, were) != count_left(p->is_paired, are)) {
        return;
    }
    size_t j = are.at;
    for (size_t i = were.at; i < were.at + were.len; i++) {
        while (j < are.at + are.len && p->is_paired[j]) {
            j++;
        }
        if (!p->was_paired[i] && j < are.at + are.len
            && (!p->was->items[i].is_sure || !p->is->items[j].is_sure))
        {
            pair(p, i, j);
        }
    }
}

/* Both lists are in the order of names. */
static void
pair_all(struct plan *p)
{
    struct group was = {0, 0};
    struct group is = {0, 0};
    while (was.at < p->was->count && is.at < p->is->count) {
        int order = statics_compare(&p->was->items[was.at],
                                    &p->is->items[is.at]);
        was.len = group_len(p->was, was.at);
        is.len = group_len(p->is, is.at);
        if (order == 0) {
            pair_group(p, was, is);
        }
        was.at += order <= 0 ? was.len : 0;
        is.at += order >= 0 ? is.len : 0;
    }
}

/* One that a compiler has optimised away is no news. */
static void
tell_rest(struct plan *p)
{
    for (size_t j = 0; j < p->is->count; j++) {
        const struct static_variable *v = &p->is->items[j];
        if (!p->is_paired[j] && !is_private(v) && !is_table(p->is, v)
            && !statics_tells_of(p->was, v))
        {
            tell(p, v, "added");
        }
    }
    for (size_t i = 0; i < p->was->count; i++) {
        const struct static_variable *v = &p->was->items[i];
        if (!p->was_paired[i] && !is_private(v) && !is_table(p->was, v)
            && !statics_tells_of(p->is, v))
        {
            tell(p, v, "gone");
        }
    }
}

/* -- places --------------------------------------------------------------- */

struct named {
    const char *name;
    const ElfW(Sym) *symbol;
};

static int
compare_names(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name,
                  ((const struct named *)b)->name);
}

/* By name; NULL when out of memory. */
static struct named *
names_of(const struct statics *s, size_t *count)
{
    const ElfW(Sym) *items = NULL;
    size_t all = symbols_of(&s->file, &items);
    struct named *names = calloc(all + 1, sizeof(*names));
    *count = 0;
    for (size_t i = 0; names != NULL && i < all; i++) {
        if (symbols_is_place(&s->file, &items[i])) {
            names[*count].name = symbols_name(&s->file, &items[i]);
            names[(*count)++].symbol = &items[i];
        }
    }
    if (names != NULL) {
        sort_in_place(names, *count, sizeof(*names), compare_names);
    }
    return names;
}

static bool
is_alone(const struct named *names, size_t count, size_t i)
{
    const char *name = names[i].name;
    return (i == 0 || strcmp(names[i - 1].name, name) != 0)
           && (i + 1 == count || strcmp(names[i + 1].name, name) != 0);
}

static uint64_t
type_at(const struct statics *s, uintptr_t address)
{
    for (size_t i = 0; i < s->said_count; i++) {
        if (s->said[i].has_address && s->said[i].address == address) {
            return s->said[i].type;
        }
    }
    return 0;
}

/* Static types stay what they are to their instances. */
static bool
is_type_object(const struct statics *s, uint64_t type)
{
    char words[32];
    dwarf_words(&s->dwarf, type, words, sizeof(words));
    return strcmp(words, "PyTypeObject") == 0
           || strcmp(words, "struct _typeobject") == 0;
}

static bool
is_alike(const struct plan *p, const ElfW(Sym) *was, const ElfW(Sym) *is)
{
    unsigned kind = ELF64_ST_TYPE(was->st_info);
    if (kind != ELF64_ST_TYPE(is->st_info)) {
        return false;
    }
    if (kind == STT_FUNC) {
        return true;
    }
    if (symbols_is_binding(symbols_name(&p->was->file, was))) {
        return was->st_size == is->st_size; /* the name tells the type */
    }
    uint64_t from = type_at(p->was, was->st_value);
    uint64_t to = type_at(p->is, is->st_value);
    if (was->st_size != is->st_size || is_type_object(p->was, from)) {
        return false;
    }
    return from == 0 || to == 0
           || dwarf_digest(&p->was->dwarf, from)
                  == dwarf_digest(&p->is->dwarf, to);
}

static void
add_place(struct plan *p, const ElfW(Sym) *was, const ElfW(Sym) *is)
{
    struct carry_place *place = &p->c->places[p->c->place_count];
    const char *from = (const char *)(p->c->old->elf.bias + was->st_value);
    for (size_t i = 0; i < p->c->count; i++) {
        if (p->c->items[i].from == from) {
            return; /* goes along */
        }
    }
    p->c->place_count++;
    place->from = from;
    place->size = was->st_size;
    place->is_code = ELF64_ST_TYPE(was->st_info) == STT_FUNC;
    if (is != NULL && is_alike(p, was, is)) {
        place->to = (const char *)(p->c->new->elf.bias + is->st_value);
    }
}

static void
find_places(struct plan *p)
{
    size_t were = 0;
    size_t are = 0;
    struct named *was = names_of(p->was, &were);
    struct named *is = names_of(p->is, &are);
    p->c->places = calloc(were + 1, sizeof(*p->c->places));
    p->is_broken |= was == NULL || is == NULL || p->c->places == NULL;
    for (size_t i = 0, j = 0; !p->is_broken && i < were; i++) {
        while (j < are && strcmp(is[j].name, was[i].name) < 0) {
            j++;
        }
        bool has_one = j < are && strcmp(is[j].name, was[i].name) == 0
                       && is_alone(was, were, i) && is_alone(is, are, j);
        add_place(p, was[i].symbol, has_one ? is[j].symbol : NULL);
    }
    wiped_free(was, were * sizeof(*was));
    wiped_free(is, are * sizeof(*is));
}

static bool
has_state(const struct statics *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!symbols_is_binding(s->items[i].name)
            && !is_table(s, &s->items[i]))
        {
            return true;
        }
    }
    return tables_may_be(s);
}

bool
carry_has_state(const struct image *i)
{
    struct statics s = {.count = 0};
    bool has_any = statics_read(&s, i->path, &i->elf, NULL) == 0
                   && has_state(&s);
    statics_dispose(&s);
    return has_any;
}

/* -- the plan ------------------------------------------------------------- */

static void
make(struct plan *p)
{
    size_t room = p->was->count + 1;
    p->c->items = calloc(room, sizeof(*p->c->items));
    p->was_paired = calloc(room, sizeof(bool));
    p->is_paired = calloc(p->is->count + 1, sizeof(bool));
    p->is_broken = p->c->items == NULL || p->was_paired == NULL
                   || p->is_paired == NULL;
    if (!p->is_broken) {
        pair_all(p);
        tell_rest(p);
    }
    if (!p->is_broken && p->c->count > 0) {
        find_places(p);
    }
    free(p->was_paired);
    free(p->is_paired);
}

int
carry_plan(struct carry *c, const struct facts *was, const struct facts *is,
           bool is_save, struct err *e)
{
    struct plan p = {.c = c, .was = &was->statics, .is = &is->statics,
                     .is_save = is_save};
    memset(c, 0, sizeof(*c));
    c->old = was->image;
    c->new = is->image;
    c->has_state = has_state(p.is);
    make(&p);
    return p.is_broken ? err_set(e, ERR_SYSTEM,
                                 "out of memory for static variables")
                       : 0;
}
