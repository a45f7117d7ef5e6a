/* cc_words: see cc_words.h. */
#include "cc_words.h"

#include <stdlib.h>
#include <string.h>

#include "compile_job.h"
#include "mem.h"
#include "path.h"
#include "toolchain.h"

bool
cc_words_is_cxx(const char *path)
{
    return strcmp(path_suffix(path), ".c") != 0;
}

static void
add_words(struct list *argv, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        list_add(argv, words[i]);
    }
}

/* A swap reads an image's symbols and debug information, so nothing may strip
 * it: ld's names for that, of which some are gcc's too. */
static const char *const stripping[]
    = {"-s", "-S", "-x", "-strip-all", "--strip-all", "-strip-debug",
       "--strip-debug", "--discard-all", NULL};

static bool
is_stripping(const char *word, size_t len)
{
    for (size_t i = 0; stripping[i] != NULL; i++) {
        if (strlen(stripping[i]) == len
            && strncmp(stripping[i], word, len) == 0)
        {
            return true;
        }
    }
    return false;
}

/* One of -Wl, without its words that strip; NULL when none is left. */
static char *
linker_words(const char *flag)
{
    char *kept = mem_copy_str("-Wl");
    for (const char *word = flag + 3; *word == ',';) {
        size_t len = strcspn(++word, ",");
        if (!is_stripping(word, len)) {
            char *more = mem_format("%s,%.*s", kept, (int)len, word);
            free(kept);
            kept = more;
        }
        word += len;
    }
    if (strcmp(kept, "-Wl") == 0) {
        free(kept);
        return NULL;
    }
    return kept;
}

static void
add_unstripping(struct list *argv, const struct list *flags)
{
    for (size_t i = 0; i < flags->count; i++) {
        const char *flag = flags->items[i];
        if (strncmp(flag, "-Wl,", 4) == 0) {
            char *kept = linker_words(flag);
            if (kept != NULL) {
                list_add_taken(argv, kept);
            }
        }
        else if (strcmp(flag, "-s") != 0 && strcmp(flag, "-g0") != 0) {
            list_add(argv, flag);
        }
    }
}

/* What every compile gets, before the user's own flags so that those win. */
static void
add_our_flags(struct list *argv, const struct job *j, bool cxx, bool hides)
{
    static const char *const common[]
        = {"-g", "-fPIC", "-fwrapv", "-Wall",
           "-fdiagnostics-color=never", "-fdiagnostics-parseable-fixits",
           NULL};
    static const char *const c_only[]
        = {"-Werror=implicit-function-declaration", NULL};
    list_add_all(argv, &j->t->optimise);
    add_words(argv, common);
    if (cxx) {
        /* A unique symbol of generation 1 would serve all later ones. */
        if (!j->t->is_cxx_clang) {
            list_add(argv, "-fno-gnu-unique");
        }
    }
    else {
        add_words(argv, c_only);
    }
    if (hides) {
        list_add(argv, "-fvisibility=hidden");
    }
    if (j->plain_name != NULL && !cxx) {
        /* the module's attributes */
        list_add(argv, "-Wno-unused-const-variable");
    }
    /* As wheels are built; in the fast tier assertions hold. */
    if (j->tier == TIER_OPTIMISED && !j->p->is_debug) {
        list_add(argv, "-DNDEBUG");
    }
    if (j->std != NULL) {
        list_add_fmt(argv, "-std=%s", j->std);
    }
}

static void
add_flags(struct list *argv, const struct job *j, bool cxx)
{
    const struct toolchain *t = j->t;
    for (size_t i = 0; i < j->includes.count; i++) {
        list_add_fmt(argv, "-I%s", j->includes.items[i]);
    }
    list_add_all(argv, &t->cppflags);
    add_unstripping(argv, cxx ? &t->cxxflags : &t->cflags);
    add_unstripping(argv, &j->flags);
    list_add(argv, "-DCB_IS_HOT"); /* cowbird.h: hooks are there */
    if (j->plain_include != NULL) {
        list_add(argv, "-isystem");
        list_add(argv, j->plain_include);
    }
    list_add(argv, "-isystem");
    list_add(argv, j->p->include);
    if (j->p->platinclude != NULL
        && strcmp(j->p->platinclude, j->p->include) != 0)
    {
        list_add(argv, "-isystem");
        list_add(argv, j->p->platinclude);
    }
}

void
cc_words_compile(struct list *argv, const struct job *j, size_t index,
                 bool hides, const struct cc_output *to)
{
    const char *source = j->sources.items[index];
    bool cxx = cc_words_is_cxx(source);
    list_add_all(argv, cxx ? &j->t->cxx : &j->t->cc);
    add_our_flags(argv, j, cxx, hides);
    add_flags(argv, j, cxx);
    list_add(argv, "-MD");
    list_add(argv, "-MF");
    list_add(argv, to->rule);
    list_add(argv, "-c");
    list_add(argv, "-o");
    list_add(argv, to->object);
    list_add(argv, source);
}

void
cc_words_link(struct list *argv, const struct job *j, size_t count,
              const char *folder)
{
    list_add_all(argv, j->is_cxx ? &j->t->cxx : &j->t->cc);
    list_add(argv, "-shared");
    list_add(argv, "-g");
    list_add(argv, "-Wl,-Bsymbolic");
    list_add(argv, "-o");
    list_add_fmt(argv, "%s/%s%s", folder, j->stem, j->p->ext_suffix);
    for (size_t i = 0; i < count; i++) {
        list_add_fmt(argv, "%s/%zu.o", folder, i);
    }
    add_unstripping(argv, j->is_cxx ? &j->t->cxxflags : &j->t->cflags);
    add_unstripping(argv, &j->t->ldflags);
    add_unstripping(argv, &j->link);
}

/* The first word in quotes, or which the linker cannot find; on the heap, or
 * NULL. */
static char *
quoted(const char *message)
{
    static const char missing[] = "cannot find ";
    if (strncmp(message, missing, sizeof(missing) - 1) == 0) {
        const char *word = message + sizeof(missing) - 1;
        return mem_format("%.*s", (int)strcspn(word, ": "), word);
    }
    const char *start = strchr(message, '\'');
    const char *end = start == NULL ? NULL : strchr(start + 1, '\'');
    return end == NULL ? NULL
                       : mem_format("%.*s", (int)(end - start - 1), start + 1);
}

void
cc_words_explain(const struct job *j, struct diag_list *diags)
{
    const struct toolchain *t = j->t;
    const struct {
        const struct list *words;
        const char *whose;
    } all[] = {
        {&t->optimise, "optimise (pyproject.toml, or COWBIRD_OPTIMISE)"},
        {&t->cppflags, "the environment's CPPFLAGS"},
        {&t->cflags, "the environment's CFLAGS"},
        {&t->cxxflags, "the environment's CXXFLAGS"},
        {&t->ldflags, "the environment's LDFLAGS"},
        {&j->flags, "the module's own flags"},
        {&j->link, "the module's own flags"}};
    for (size_t i = 0; i < diags->count; i++) {
        struct diag *d = &diags->items[i];
        char *word = d->path == NULL && d->help == NULL ? quoted(d->message)
                                                        : NULL;
        for (size_t k = 0; word != NULL && d->help == NULL
                           && k < sizeof(all) / sizeof(all[0]);
             k++)
        {
            if (list_has(all[k].words, word)) {
                d->help = mem_format("%s comes from %s", word, all[k].whose);
            }
        }
        free(word);
    }
}
