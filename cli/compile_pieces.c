/* compile_pieces: see compile_pieces.h. */
#include "compile_pieces.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "cc_order.h"
#include "compile_files.h"
#include "compile_job.h"
#include "file.h"
#include "kept_object.h"
#include "mem.h"
#include "mentions.h"
#include "object.h"
#include "object_piece.h"
#include "path.h"
#include "pieces.h"
#include "toolchain.h"
#include "warm_cc.h"

/* On other machines an instruction holds a number in parts, so that nobody
 * would see that code knows its line; and they join products and sums. */
#ifdef __x86_64__
#define IS_KNOWN true
#else
#define IS_KNOWN false
#endif

struct one {
    struct cc_order *order; /* NULL: not begun, or not needed */
    struct kept_object kept;
    bool is_kept;
    char *object;
    struct record record;
};

struct piece_orders {
    struct pieces pieces;
    struct list words; /* the compiler's command */
    size_t len;        /* of the source */
    struct one *ones;
    size_t begun;  /* of the pieces, those before are kept or ordered */
    bool is_good;  /* all objects are there */
    bool has_died; /* a compiler: nothing is known of its piece */
    char *mark;    /* a file that says: compile it whole; NULL: no cache */
};

/* -- whether to ----------------------------------------------------------- */

static bool
begins_with(const char *flag, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strncmp(flag, words[i], strlen(words[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Flags with which a translation unit means more than its functions. */
static bool
is_whole(const char *flag)
{
    static const char *const those[]
        = {"-flto", "-fwhole-program", "-fprofile", "-fauto-profile",
           "--coverage", "-coverage", "-ftest-coverage", "-fanalyzer",
           "-fno-toplevel-reorder", "-fcommon", "-save-temps", "-fdump",
           "-fopt-info", "-finstrument", "-Wp,", "-Wa,", "-Wunused-macros",
           "-include", "-imacros", "-x", "-S", "-E", "-pg", "-w", "-ansi",
           "-std=c2", "-std=gnu2", "-std=c8", "-std=gnu8", "-Wno-error",
           "-Wno-implicit", "-fpermissive", "-g3", "-ggdb3", "-gsplit-dwarf",
           "-gz", "-fembed-bitcode", "-fno-merge-constants",
           "-fno-unit-at-a-time", "--include", "--imacros", "-fplugin", "@",
           NULL};
    return begins_with(flag, those);
}

/* Flags by which a product and a sum become one operation where a function is
 * inlined. */
static bool
contracts(const char *flag)
{
    static const char *const those[]
        = {"-march=", "-mcpu=", "-mfma", "-mavx512", "-Ofast",
           "-ffast-math", "-funsafe-math", "-ffp-contract=fast", NULL};
    return begins_with(flag, those);
}

/* Flags by which a compiler has something to say of a function that is not
 * static. */
static bool
wants_prototypes(const char *flag)
{
    static const char *const those[]
        = {"-Wmissing-prototypes", "-Wmissing-declarations", "-Weverything",
           "-Wredundant-decls", "-Wstrict-prototypes", NULL};
    return begins_with(flag, those);
}

/* A macro from outside that is more than a number or a text, or in a word of
 * its own. */
static bool
is_code(const char *flag)
{
    const char *value = strchr(flag, '=');
    bool is_more = value != NULL && value[1] != '\0'
                   && strchr("0123456789-\"\\", value[1]) == NULL;
    return strncmp(flag, "-D", 2) == 0 && (flag[2] == '\0' || is_more);
}

static bool
has_flag(const struct job *j, bool (*is)(const char *flag))
{
    const struct list *const all[] = {&j->t->optimise, &j->t->cppflags,
                                      &j->t->cflags, &j->flags};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (size_t k = 0; k < all[i]->count; k++) {
            if (is(all[i]->items[k])) {
                return true;
            }
        }
    }
    return false;
}

static bool
may_be_cut(const struct job *j)
{
    char *std = mem_format("-std=%s", j->std == NULL ? "" : j->std);
    bool is_whole_by_std = is_whole(std);
    free(std);
    return j->is_idle && j->cc.fd >= 0 && !j->is_cxx
           && j->tier == TIER_OPTIMISED && !is_whole_by_std
           && !has_flag(j, is_whole) && !has_flag(j, is_code) && IS_KNOWN;
}

/* Nothing but Python and the C library is linked to it. */
static bool
is_alone(const struct job *j)
{
    return j->sources.count == 1 && j->plain_name == NULL
           && j->link.count == 0 && j->t->ldflags.count == 0
           && !has_flag(j, wants_prototypes);
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
begin_one(struct piece_orders *o, const struct job *j, size_t index)
{
    struct one *one = &o->ones[index];
    struct buf nothing = BUF_INIT; /* who said something is not kept */
    one->object = mem_format("%s/0.%zu.o", j->folder, index);
    kept_object_begin(&one->kept, j, j->sources.items[0], &o->words,
                      &o->pieces.all[index].text);
    one->is_kept = kept_object_take(&one->kept, j, one->object,
                                    &one->record.files, &nothing);
    buf_dispose(&nothing);
}

/* clang wants as many bytes as the source has. */
static struct cc_order *
order(const struct piece_orders *o, const struct job *j, size_t index)
{
    struct buf text = BUF_INIT;
    const struct buf *piece = &o->pieces.all[index].text;
    buf_add(&text, piece->data, piece->len);
    while (text.len < o->len) {
        buf_add_str(&text, "\n");
    }
    struct cc_order *started
        = cc_order_start_text(j, &text, o->ones[index].object);
    buf_dispose(&text);
    return started;
}

/* As many at a time as there are processors; the others are looked up while
 * those are compiled. */
static void
order_some(struct piece_orders *o, const struct job *j, size_t done)
{
    long most = sysconf(_SC_NPROCESSORS_ONLN);
    size_t running = 0;
    for (size_t i = done; i < o->begun; i++) {
        running += o->ones[i].order != NULL;
    }
    while (o->begun < o->pieces.count && running < (size_t)most) {
        begin_one(o, j, o->begun);
        if (!o->ones[o->begun].is_kept) {
            o->ones[o->begun].order = order(o, j, o->begun);
            running++;
        }
        o->begun++;
    }
}

struct piece_orders *
piece_orders_start(const struct job *j)
{
    struct buf text = BUF_INIT;
    if (!may_be_cut(j)) {
        return NULL;
    }
    struct piece_orders *o = mem_new(sizeof(*o));
    warm_cc_words(&o->words, j);
    o->mark = mark_of(j, &o->words);
    bool is_whole = o->mark != NULL && path_is_file(o->mark);
    const struct mention_rules rules
        = {.may_part = is_alone(j), .may_double = !has_flag(j, contracts)};
    if (!is_whole && file_read(j->sources.items[0], &text, NULL) == 0
        && cc_order_fits(j, &text))
    {
        o->len = text.len;
        pieces_cut(&o->pieces, buf_text(&text), text.len,
                   strlen(j->cc.preamble), &rules);
    }
    buf_dispose(&text);
    if (o->pieces.count == 0) {
        list_dispose(&o->words);
        free(o->mark);
        free(o);
        return NULL;
    }
    o->ones = mem_new(o->pieces.count * sizeof(*o->ones));
    order_some(o, j, 0);
    return o;
}

/* -- finish --------------------------------------------------------------- */

/* A header of the project may have the name of one that is known. */
static bool
has_own_headers(const struct job *j, const struct list *files)
{
    struct list project = LIST_INIT;
    struct list system = LIST_INIT;
    files_sort(j, files, &project, &system);
    bool has = project.count > 0;
    list_dispose(&project);
    list_dispose(&system);
    return has;
}

static bool
has_twice(struct list *names)
{
    bool has = false;
    list_sort(names);
    for (size_t i = 1; i < names->count; i++) {
        has |= strcmp(names->items[i - 1], names->items[i]) == 0;
    }
    return has;
}

/* Nothing twice, nothing left out that is there, nothing whose order counts,
 * and no line that a piece does not know. Variables inside functions may have
 * one name. */
static bool
is_sound(const struct piece_orders *o)
{
    struct list given = LIST_INIT;
    struct list open = LIST_INIT;
    bool is = true;
    for (size_t i = 0; is && i < o->pieces.count; i++) {
        struct object *f = object_open(o->ones[i].object, NULL);
        is = f != NULL && !object_starts_itself(f)
             && !object_piece_tells_lines(f, &o->pieces.all[i].lines);
        if (is) {
            object_own_state(f, &given);
            object_given_names(f, &given);
            object_open_names(f, &open);
        }
        object_free(f);
    }
    for (size_t i = 0; is && i < open.count; i++) {
        is = !list_has(&o->pieces.names, open.items[i]);
    }
    for (size_t i = 0; is && i < o->pieces.parted.count; i++) {
        is = list_has(&given, o->pieces.parted.items[i]);
    }
    is = is && !has_twice(&given);
    list_dispose(&given);
    list_dispose(&open);
    return is;
}

static bool
finish_one(struct piece_orders *o, const struct job *j, size_t index)
{
    struct one *one = &o->ones[index];
    bool is_good = one->is_kept;
    o->has_died |= !one->is_kept && one->order == NULL;
    if (one->order != NULL) {
        bool is_known = cc_order_finish(one->order, j, &one->record,
                                        &is_good);
        one->order = NULL;
        o->has_died |= !is_known;
        is_good = is_known && is_good;
        order_some(o, j, index + 1);
    }
    return is_good;
}

static void
keep_all(const struct piece_orders *o, const struct job *j)
{
    const struct buf nothing = BUF_INIT;
    for (size_t i = 0; i < o->pieces.count; i++) {
        struct one *one = &o->ones[i];
        if (!one->is_kept) {
            kept_object_put(&one->kept, j, one->object, &one->record.files,
                            &nothing);
        }
    }
}

static unsigned
count_compiled(const struct piece_orders *o)
{
    unsigned count = 0;
    for (size_t i = 0; i < o->pieces.count; i++) {
        count += !o->ones[i].is_kept;
    }
    return count;
}

/* What the cache keeps is good for any place in the source. */
static bool
settle_all(const struct piece_orders *o)
{
    bool is_good = true;
    for (size_t i = 0; is_good && i < o->pieces.count; i++) {
        is_good = object_piece_settle(o->ones[i].object,
                                      &o->pieces.all[i].lines,
                                      &o->pieces.parted);
    }
    return is_good;
}

bool
piece_orders_finish(struct piece_orders *o, const struct job *j,
                    struct record *r)
{
    struct record all = RECORD_INIT;
    bool is_good = true;
    bool is_silent = true;
    for (size_t i = 0; i < o->pieces.count; i++) {
        struct one *one = &o->ones[i];
        is_good &= finish_one(o, j, i);
        is_silent &= one->record.diags.count == 0;
        for (size_t k = 0; k < one->record.files.count; k++) {
            list_add_new(&all.files, one->record.files.items[k]);
        }
    }
    o->is_good = is_good && is_silent && is_sound(o)
                 && !has_own_headers(j, &all.files);
    if (o->is_good) {
        keep_all(o, j);
        o->is_good = settle_all(o);
    }
    if (o->is_good) {
        list_add_all(&r->files, &all.files);
        r->is_warm = true;
        r->pieces = (unsigned)o->pieces.count;
        r->compiled = count_compiled(o);
    }
    else if ((!is_good || is_silent) && !o->has_died && o->mark != NULL) {
        file_write(o->mark, "", 0, NULL);
    }
    for (size_t i = 0; i < o->pieces.count; i++) {
        record_dispose(&o->ones[i].record);
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
