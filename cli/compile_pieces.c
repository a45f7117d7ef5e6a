/* compile_pieces: see compile_pieces.h. */
#include "compile_pieces.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "cc_order.h"
#include "compile_job.h"
#include "diag_join.h"
#include "file.h"
#include "kept_object.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "pieces.h"
#include "toolchain.h"
#include "warm_cc.h"

struct one {
    struct cc_order *order; /* NULL: not begun, or not needed */
    struct kept_object kept;
    bool is_kept;
    char *object;
    struct record record;
    struct buf said; /* as it was said */
};

struct piece_orders {
    struct pieces pieces;
    size_t len;    /* of the source */
    struct one *ones;
    size_t begun;  /* of the pieces, those before are kept or ordered */
    bool is_good;  /* all objects are there */
    bool has_died; /* a compiler: nothing is known of its piece */
    char *mark;    /* a file that says: compile it whole; NULL: no cache */
};

/* -- whether to ----------------------------------------------------------- */

/* Flags with which a translation unit means more than its functions. */
static bool
is_whole(const char *flag)
{
    static const char *const those[]
        = {"-flto", "-fwhole-program", "-fprofile", "-fauto-profile",
           "--coverage", "-coverage", "-ftest-coverage", "-fanalyzer",
           "-fno-toplevel-reorder", "-fcommon", "-save-temps", "-fdump",
           "-fopt-info", "-finstrument", "-Wp,", "-Wa,", "-Wunused-macros",
           "-include", "-imacros", "-x", "-S", "-E", "-pg", NULL};
    for (size_t i = 0; those[i] != NULL; i++) {
        if (strncmp(flag, those[i], strlen(those[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool
may_be_cut(const struct job *j)
{
    const struct list *const all[] = {&j->t->optimise, &j->t->cppflags,
                                      &j->t->cflags, &j->flags};
    bool may = j->is_idle && j->cc.fd >= 0 && !j->is_cxx
               && j->tier == TIER_OPTIMISED;
    for (size_t i = 0; may && i < sizeof(all) / sizeof(all[0]); i++) {
        for (size_t k = 0; k < all[i]->count; k++) {
            may &= !is_whole(all[i]->items[k]);
        }
    }
    return may;
}

/* Of sources with this beginning: what makes one compile whole is in its
 * headers mostly, and stays there. */
static char *
mark_of(const struct job *j, const struct list *words)
{
    struct digest_state s;
    digest_start(&s);
    for (size_t i = 0; i < words->count; i++) {
        digest_add_str(&s, words->items[i]);
    }
    digest_add_str(&s, j->sources.items[0]);
    digest_add_str(&s, j->cc.preamble);
    struct digest key = digest_end(&s);
    return cache_file("whole-sources", &key, NULL);
}

/* -- start ---------------------------------------------------------------- */

static void
take_said(struct record *r, const struct buf *said)
{
    char *cwd = getcwd(NULL, 0);
    diag_parse_result(&r->diags, buf_text(said), cwd == NULL ? "/" : cwd,
                      true);
    free(cwd);
}

static void
begin_one(struct piece_orders *o, const struct job *j, size_t index,
          const struct list *words)
{
    struct one *one = &o->ones[index];
    one->object = mem_format("%s/0.%zu.o", j->folder, index);
    kept_object_begin(&one->kept, j, j->sources.items[0], words,
                      &o->pieces.texts[index]);
    one->is_kept = kept_object_take(&one->kept, j, one->object,
                                    &one->record.files, &one->said);
    if (one->is_kept) {
        take_said(&one->record, &one->said);
    }
}

/* clang wants as many bytes as the source has. */
static struct cc_order *
order(const struct piece_orders *o, const struct job *j, size_t index)
{
    struct buf text = BUF_INIT;
    const struct buf *piece = &o->pieces.texts[index];
    buf_add(&text, piece->data, piece->len);
    while (text.len < o->len) {
        buf_add_str(&text, "\n");
    }
    struct cc_order *started
        = cc_order_start_text(j, &text, o->ones[index].object);
    buf_dispose(&text);
    return started;
}

/* As many at a time as there are processors. */
static void
order_some(struct piece_orders *o, const struct job *j, size_t done)
{
    long most = sysconf(_SC_NPROCESSORS_ONLN);
    size_t running = 0;
    for (size_t i = done; i < o->begun; i++) {
        running += o->ones[i].order != NULL;
    }
    while (o->begun < o->pieces.count && running < (size_t)most) {
        struct one *one = &o->ones[o->begun];
        if (!one->is_kept) {
            one->order = order(o, j, o->begun);
            running++;
        }
        o->begun++;
    }
}

struct piece_orders *
piece_orders_start(const struct job *j)
{
    struct buf text = BUF_INIT;
    struct list words = LIST_INIT;
    if (!may_be_cut(j)) {
        return NULL;
    }
    struct piece_orders *o = mem_new(sizeof(*o));
    warm_cc_words(&words, j);
    o->mark = mark_of(j, &words);
    bool is_whole = o->mark != NULL && path_is_file(o->mark);
    if (!is_whole && file_read(j->sources.items[0], &text, NULL) == 0) {
        o->len = text.len;
        pieces_cut(&o->pieces, buf_text(&text), text.len,
                   strlen(j->cc.preamble));
    }
    buf_dispose(&text);
    if (o->pieces.count == 0) {
        list_dispose(&words);
        free(o->mark);
        free(o);
        return NULL;
    }
    o->ones = mem_new(o->pieces.count * sizeof(*o->ones));
    for (size_t i = 0; i < o->pieces.count; i++) {
        begin_one(o, j, i, &words);
    }
    list_dispose(&words);
    order_some(o, j, 0);
    return o;
}

/* -- finish --------------------------------------------------------------- */

static size_t
count_of(const struct list *l, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        count += strcmp(l->items[i], text) == 0;
    }
    return count;
}

/* A variable's own name, on the heap; `*is_inner`: a function has it. */
static char *
variable_name(const char *symbol, bool *is_inner)
{
    char *name = mem_copy_str(symbol);
    char *dot = strrchr(name, '.');
    *is_inner = dot != NULL;
    if (dot != NULL && isdigit((unsigned char)dot[1])) {
        *dot = '\0'; /* gcc's number, or clang's second one */
        dot = strrchr(name, '.');
    }
    if (dot != NULL) {
        memmove(name, dot + 1, strlen(dot + 1) + 1);
    }
    return name;
}

/* Whether no variable is there more often than the source declares it: one of
 * a header's would be in each piece that uses it. */
static bool
is_state_ours(const struct piece_orders *o, const struct list *symbols)
{
    struct list inner = LIST_INIT;
    struct list outer = LIST_INIT;
    bool is = true;
    for (size_t i = 0; i < symbols->count; i++) {
        bool is_inner;
        char *name = variable_name(symbols->items[i], &is_inner);
        list_add_taken(is_inner ? &inner : &outer, name);
    }
    for (size_t i = 0; i < outer.count; i++) {
        is &= count_of(&outer, outer.items[i]) == 1;
    }
    for (size_t i = 0; i < inner.count; i++) {
        size_t count = count_of(&inner, inner.items[i]);
        is &= count == 1
              || count <= count_of(&o->pieces.inner, inner.items[i]);
    }
    list_dispose(&inner);
    list_dispose(&outer);
    return is;
}

/* Nobody else's variables, nothing twice, and nothing left out that is
 * there. */
static bool
is_sound(const struct piece_orders *o)
{
    struct list state = LIST_INIT;
    struct list given = LIST_INIT;
    struct list open = LIST_INIT;
    bool is = true;
    for (size_t i = 0; is && i < o->pieces.count; i++) {
        struct object *f = object_open(o->ones[i].object, NULL);
        is = f != NULL;
        if (is) {
            object_own_state(f, &state);
            object_given_names(f, &given);
            object_open_names(f, &open);
        }
        object_free(f);
    }
    for (size_t i = 0; is && i < open.count; i++) {
        is = !list_has(&o->pieces.names, open.items[i]);
    }
    list_sort(&given);
    for (size_t i = 1; is && i < given.count; i++) {
        is = strcmp(given.items[i - 1], given.items[i]) != 0;
    }
    is = is && is_state_ours(o, &state);
    list_dispose(&state);
    list_dispose(&given);
    list_dispose(&open);
    return is;
}

/* What the compiler says of something that is used in another piece. */
static bool
is_of_a_piece(const struct diag *d, const char *source)
{
    bool is_elsewhere = d->path == NULL || strcmp(d->path, source) != 0;
    return strstr(d->message, "never defined") != NULL
           || (is_elsewhere
               && (strstr(d->message, "not used") != NULL
                   || strstr(d->message, "unused") != NULL));
}

static bool
take_diags(struct record *r, struct record *from, const char *source)
{
    for (size_t i = 0; i < from->diags.count; i++) {
        if (is_of_a_piece(&from->diags.items[i], source)) {
            return false;
        }
    }
    diag_drop_said(&from->diags, &r->diags);
    diag_copy_all(&r->diags, &from->diags);
    return true;
}

static bool
finish_one(struct piece_orders *o, const struct job *j, size_t index)
{
    struct one *one = &o->ones[index];
    bool is_good = one->is_kept;
    o->has_died |= !one->is_kept && one->order == NULL;
    if (one->order != NULL) {
        bool is_known = cc_order_finish(one->order, j, &one->record,
                                        &one->said, &is_good);
        one->order = NULL;
        o->has_died |= !is_known;
        is_good = is_known && is_good;
        order_some(o, j, index + 1);
    }
    return is_good;
}

static void
keep_all(const struct piece_orders *o, const struct job *j, struct record *r)
{
    for (size_t i = 0; i < o->pieces.count; i++) {
        struct one *one = &o->ones[i];
        if (!one->is_kept) {
            r->compiled++;
            kept_object_put(&one->kept, j, one->object, &one->record.files,
                            &one->said);
        }
    }
}

bool
piece_orders_finish(struct piece_orders *o, const struct job *j,
                    struct record *r)
{
    struct record all = RECORD_INIT;
    bool is_good = true;
    for (size_t i = 0; i < o->pieces.count; i++) {
        struct one *one = &o->ones[i];
        is_good &= finish_one(o, j, i);
        is_good = is_good
                  && take_diags(&all, &one->record, j->sources.items[0]);
        for (size_t k = 0; k < one->record.files.count; k++) {
            list_add_new(&all.files, one->record.files.items[k]);
        }
    }
    o->is_good = is_good && is_sound(o);
    if (o->is_good) {
        keep_all(o, j, r);
        diag_copy_all(&r->diags, &all.diags);
        list_add_all(&r->files, &all.files);
        r->is_warm = true;
        r->pieces = (unsigned)o->pieces.count;
    }
    else if (!o->has_died && o->mark != NULL) {
        file_write(o->mark, "", 0, NULL);
    }
    for (size_t i = 0; i < o->pieces.count; i++) {
        record_dispose(&o->ones[i].record);
        buf_dispose(&o->ones[i].said);
    }
    record_dispose(&all);
    return o->is_good;
}

void
piece_orders_place(const struct piece_orders *o, const struct job *j,
                   struct list *words)
{
    if (o == NULL || !o->is_good) {
        return;
    }
    struct list placed = LIST_INIT;
    char *whole = mem_format("%s/0.o", j->folder);
    for (size_t i = 0; i < words->count; i++) {
        bool is_it = strcmp(words->items[i], whole) == 0;
        for (size_t k = 0; is_it && k < o->pieces.count; k++) {
            list_add(&placed, o->ones[k].object);
        }
        if (!is_it) {
            list_add(&placed, words->items[i]);
        }
    }
    free(whole);
    list_dispose(words);
    *words = placed;
}

void
piece_orders_end(struct piece_orders *o)
{
    for (size_t i = 0; o != NULL && i < o->pieces.count; i++) {
        unlink(o->ones[i].object);
    }
    if (o != NULL) {
        o->is_good = false;
    }
}
