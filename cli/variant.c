/* variant: see variant.h. */
#include "variant.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"

/* The one with this artefact; NULL: none. */
static struct variant *
find(const struct variants *v, const char *artefact)
{
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->items[i].artefact, artefact) == 0) {
            return &v->items[i];
        }
    }
    return NULL;
}

static struct variant *
add(struct variants *v, const char *label, const char *compiler,
    const char *artefact)
{
    v->items = mem_resize(v->items, v->count + 1, sizeof(*v->items));
    struct variant *one = &v->items[v->count++];
    *one = (struct variant){.label = mem_copy_str(label),
                            .compiler = mem_copy_str(compiler),
                            .artefact = mem_copy_str(artefact)};
    return one;
}

void
variants_serve(struct variants *v, struct variant *one)
{
    struct variant first = *one;
    size_t at = (size_t)(one - v->items);
    memmove(&v->items[1], v->items, at * sizeof(*v->items));
    for (size_t i = 1; i < v->count; i++) {
        v->items[i].serves = false;
    }
    first.serves = true;
    v->items[0] = first;
}

/* From the cache, or blocking. */
static int
build_one(const struct variant_options *o, enum compile_tier tier,
          struct build *b, struct err *e)
{
    const struct compile_options options = {.tier = tier};
    if (compile_lookup(o->chain, o->python, o->module, tier, b)) {
        return 0;
    }
    struct compile *c = compile_start(o->chain, o->python, o->module,
                                      &options, e);
    if (c == NULL) {
        return -1;
    }
    while (!compile_step(c)) {
        int64_t left_ms = (compile_deadline_ns(c) - clock_now_ns()) / 1000000;
        struct pollfd p = {.fd = compile_fd(c), .events = POLLIN};
        if (poll(&p, 1, left_ms < 0 ? 0 : (int)left_ms + 1) < 0
            && errno != EINTR)
        {
            compile_cancel(c);
        }
    }
    compile_finish(c, b);
    return 0;
}

/* The optimisation that the user's own flags ask for, which come after ours;
 * NULL: none. Borrowed from `words`. */
static const char *
level_of(const struct variant_options *o, struct list *words)
{
    const char *level = NULL;
    (void)compile_words(o->chain, o->python, o->module, words);
    for (size_t i = 0; i < words->count; i++) {
        if (strncmp(words->items[i], "-O", 2) == 0) {
            level = words->items[i];
        }
    }
    return level;
}

/* "gcc -O2" of "gcc -O2 -g", or "gcc -O3" with these flags, or "tcc" as it
 * is. */
static char *
label_of(const char *compiler, const char *flags)
{
    size_t len = strcspn(compiler, " ");
    const char *end = strstr(compiler, " -g");
    if (compiler[len] == '\0') {
        return mem_copy_str(compiler);
    }
    return flags != NULL ? mem_format("%.*s %s", (int)len, compiler, flags)
           : end != NULL ? mem_copy_range(compiler, (size_t)(end - compiler))
                         : mem_copy_str(compiler);
}

struct variant *
variants_enter(struct variants *v, const char *what, const char *compiler,
               const char *artefact)
{
    struct variant *one = find(v, artefact);
    if (one == NULL) {
        char *name = label_of(compiler, NULL);
        char *label = mem_format("%s, %s", name, what);
        one = add(v, label, compiler, artefact);
        free(label);
        free(name);
    }
    return one;
}

static void
note_failure(struct variants *v, const char *what, const struct build *b)
{
    const struct diag *d = diag_first_error(&b->diags);
    list_add_fmt(&v->notes, "%s does not build it: %s", what,
                 b->fallback != NULL ? b->fallback
                 : d != NULL         ? d->message
                                     : "no reason given");
}

/* With `flags` after all others. */
static int
add_built(struct variants *v, const struct variant_options *o,
          const char *flags, struct diag_list *diags, struct err *e)
{
    struct build b = BUILD_INIT;
    struct list words = LIST_INIT;
    struct list *own = &o->module->cflags;
    size_t before = own->count;
    if (flags != NULL && list_split(own, flags) < 0) {
        return err_set(e, ERR_USAGE, "--flags has an open quote: %s", flags);
    }
    const char *level = flags != NULL ? flags : level_of(o, &words);
    int status = build_one(o, TIER_OPTIMISED, &b, e);
    while (own->count > before) {
        list_remove_at(own, own->count - 1);
    }
    if (status == 0 && b.is_good && find(v, b.artefact) == NULL) {
        char *label = label_of(b.compiler, level);
        add(v, label, flags == NULL ? b.compiler : label,
                     b.artefact);
        v->content = b.content;
        free(label);
    }
    else if (status == 0 && !b.is_good && v->count == 0) {
        diag_copy_all(diags, &b.diags);
        status = err_set(e, ERR_BUILD, "%s does not build", o->module->name);
    }
    else if (status == 0 && !b.is_good) {
        note_failure(v, flags == NULL ? "cc" : flags, &b);
    }
    build_dispose(&b);
    list_dispose(&words);
    return status;
}

static int
add_tcc(struct variants *v, const struct variant_options *o, struct err *e)
{
    struct build b = BUILD_INIT;
    if (strcmp(v->items[0].compiler, "tcc") == 0) {
        return 0; /* there is no cc */
    }
    if (toolchain_tcc_version(o->chain) == NULL) {
        list_add(&v->notes, "there is no tcc here to compare with");
        return 0;
    }
    int status = build_one(o, TIER_FAST, &b, e);
    if (status == 0 && b.is_good && b.fallback == NULL) {
        if (find(v, b.artefact) == NULL) {
            add(v, b.compiler, b.compiler, b.artefact);
        }
    }
    else if (status == 0) {
        note_failure(v, "tcc", &b);
    }
    build_dispose(&b);
    return status;
}

int
variants_build(struct variants *v, const struct variant_options *o,
               struct diag_list *diags, struct err *e)
{
    if (add_built(v, o, NULL, diags, e) < 0 || add_tcc(v, o, e) < 0) {
        return -1;
    }
    bool has_cc = toolchain_cc(o->chain) != NULL;
    bool is_there = strstr(v->items[0].label, "-O3") != NULL;
    if (has_cc && !is_there && add_built(v, o, "-O3", diags, e) < 0) {
        return -1;
    }
    for (size_t i = 0; i < o->flags->count; i++) {
        if (add_built(v, o, o->flags->items[i], diags, e) < 0) {
            return -1;
        }
    }
    return 0;
}

static void
dispose(struct variant *one)
{
    for (size_t i = 0; i < one->call_count; i++) {
        samples_dispose(&one->calls[i]);
    }
    free(one->calls);
    free(one->label);
    free(one->compiler);
    free(one->artefact);
    free(one->failure);
    free(one->difference);
}

void
variants_dispose(struct variants *v)
{
    for (size_t i = 0; i < v->count; i++) {
        dispose(&v->items[i]);
    }
    free(v->items);
    list_dispose(&v->notes);
    *v = (struct variants)VARIANTS_INIT;
}
