/* beside: see beside.h. */
#include "beside.h"

#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "config.h"
#include "database.h"
#include "mem.h"
#include "path.h"
#include "plain.h"
#include "pyi_file.h"
#include "report.h"

/* Whether nothing was said about it yet; from now on something was. */
static bool
is_first_word(struct beside *b, const char *path)
{
    bool is_first = !list_has(&b->told, path);
    list_add_new(&b->told, path);
    return is_first;
}

static void
say_held(struct beside *b, const char *path)
{
    if (is_first_word(b, path)) {
        report_warning("%s is held back, because %s restarts on any file: "
                       "'cowbird stubs' writes it",
                       path_below(path, b->config->root), b->held_by);
    }
}

static void
say_failed(struct beside *b, const char *path, const struct err *e)
{
    if (is_first_word(b, path)) {
        report_warning("%s; --no-stubs asks for none", e->text);
    }
}

/* -- stubs ---------------------------------------------------------------- */

static enum beside_done
bring(struct beside *b, const char *place, const char *fresh)
{
    const char *shown = path_below(place, b->config->root);
    struct err e = ERR_INIT;
    switch (pyi_look(place, fresh)) {
    case PYI_SAME:
        return BESIDE_SAME;
    case PYI_FOREIGN:
        if (is_first_word(b, place)) {
            report_setup("kept", "%s  (not written by cowbird; delete it to "
                         "get one that is)", shown);
        }
        return BESIDE_KEPT;
    case PYI_MISSING:
    case PYI_OLD:
        break;
    }
    if (b->held_by != NULL) {
        say_held(b, place);
        return BESIDE_HELD;
    }
    if (pyi_put(place, fresh, &e) < 0) {
        say_failed(b, place, &e);
        return BESIDE_FAILED;
    }
    list_add_new(&b->written, shown);
    return BESIDE_WRITTEN;
}

enum beside_done
beside_stub(struct beside *b, const struct build *build, char **place)
{
    enum beside_done done = BESIDE_NONE;
    char *path = NULL;
    if (build->module != NULL && build->is_good && build->stub != NULL) {
        path = pyi_place(build->module, b->config->root);
        done = bring(b, path, build->stub);
    }
    if (place != NULL) {
        *place = path;
    }
    else {
        free(path);
    }
    return done;
}

void
beside_drop(struct beside *b, const struct module *m)
{
    char *place = pyi_place(m, b->config->root);
    if (b->held_by == NULL && pyi_drop(place)) {
        report_detail("stub", "%s is removed",
                      path_below(place, b->config->root));
    }
    free(place);
}

void
beside_say(struct beside *b, bool is_detail)
{
    char *all = list_join(&b->written, ", ");
    if (b->written.count > 0 && is_detail) {
        report_detail("stub", "%s", all);
    }
    else if (b->written.count > 0) {
        report_setup("stubs", "%s", all);
    }
    free(all);
    list_clear(&b->written);
}

/* -- compile_commands.json ------------------------------------------------ */

/* The entries for one database. */
struct entries {
    const char *folder; /* of the database; borrowed */
    struct database_entry *items;
    size_t count;
};

static void
add_entry(struct entries *all, const char *source, const struct list *words)
{
    const char *file = path_below(source, all->folder);
    bool is_c = strcmp(path_suffix(source), ".c") == 0;
    all->items = mem_resize(all->items, all->count + 1, sizeof(*all->items));
    struct database_entry *entry = &all->items[all->count++];
    *entry = (struct database_entry){all->folder, file, LIST_INIT};
    list_add(&entry->arguments, is_c ? "cc" : "c++");
    list_add_all(&entry->arguments, words);
    list_add(&entry->arguments, file);
}

/* Those sources of the module that belong into this database and were not
 * entered yet. */
static void
add_module(struct beside *b, const struct module *m, struct entries *all)
{
    struct list words = LIST_INIT;
    bool has_words = false;
    for (size_t i = 0; i < m->sources.count; i++) {
        const char *source = m->sources.items[i];
        if (!path_is_below(source, all->folder)
            || table_get(&b->entered, source) != NULL)
        {
            continue;
        }
        table_set(&b->entered, source, b);
        has_words = has_words
                    || compile_words(b->chain, b->python, m, &words) == 0;
        if (has_words) {
            add_entry(all, source, &words);
        }
    }
    list_dispose(&words);
}

static void
merge(struct beside *b, struct entries *all)
{
    char *path = path_join(all->folder, "compile_commands.json");
    enum database_result result = DATABASE_SAME;
    struct err e = ERR_INIT;
    if (all->count == 0) {
        /* nothing new */
    }
    else if (b->held_by != NULL) {
        say_held(b, path);
    }
    else if (database_merge(path, all->items, all->count, &result, &e) < 0) {
        say_failed(b, path, &e);
    }
    else if (result != DATABASE_SAME) {
        report_setup(result == DATABASE_CREATED ? "create" : "update",
                     "%s   so that clangd finds Python.h",
                     path_below(path, b->config->root));
    }
    for (size_t i = 0; i < all->count; i++) {
        list_dispose(&all->items[i].arguments);
    }
    free(all->items);
    free(path);
}

void
beside_enter(struct beside *b, const struct graph *g)
{
    for (size_t k = 0; k <= g->roots.count; k++) {
        struct entries all = {.folder = k == 0 ? b->config->root
                                               : g->roots.items[k - 1]};
        for (size_t i = 0; i < g->module_count; i++) {
            if (!g->modules[i]->is_gone) {
                add_module(b, g->modules[i], &all);
            }
        }
        merge(b, &all);
    }
}

void
beside_dispose(struct beside *b)
{
    list_dispose(&b->written);
    list_dispose(&b->told);
    table_dispose(&b->entered);
}
