/* crashes: a worker that died in code of the session's: said, and everybody
 * brought back to the generation before.
 *
 * Records are looked for when a worker comes or goes and when the app ends.
 * The way back is an undo as a transaction; where there is none the module is
 * refused at import. Either way the code that crashed is not loaded again
 * until its source changes. See dev.h.
 */
#include "dev.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "mem.h"
#include "path.h"
#include "process.h"
#include "report.h"
#include "undo.h"

/* A generation that crashed and may still serve. */
struct crashed {
    struct served *served;
    uint64_t generation;
    char *site; /* owned; see condemned.h */
};

/* -- words ---------------------------------------------------------------- */

static void
report_foreign(const struct dev *d, const struct crash *c)
{
    if (c->pid == d->app_pid) {
        return; /* its end is told as the app's */
    }
    char *subject = mem_format("worker %ld", c->pid);
    char *text = mem_format("died of %s, in no code of this session",
                            c->signal);
    const struct report_field fields[] = {
        {.key = "pid", .number = (double)c->pid},
        {.key = "signal", .text = c->signal}};
    struct report_event event = {.verb = VERB_CRASHED,
                                 .subject = subject,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 2};
    report_event(&event);
    free(text);
    free(subject);
}

static void
report_crash(const struct crash *c, const struct served *v, const char *words,
             bool is_older)
{
    unsigned long long generation = target_shown(v, c->generation);
    char *text = mem_format("%s, gen %llu, worker %ld", words, generation,
                            c->pid);
    char *note = is_older ? mem_format("other generations crash there too: "
                                       "gen %llu serves on",
                                       target_live(v))
                          : mem_format("gen %llu is not loaded again until "
                                       "its source changes",
                                       generation);
    char *still = target_live(v) > generation && !is_older
                      ? mem_format("gen %llu serves",
                                   target_live(v))
                      : NULL;
    const struct report_field fields[] = {
        {.key = "module", .text = c->module},
        {.key = "generation", .number = (double)generation},
        {.key = "signal", .text = c->signal},
        {.key = "function", .text = c->function},
        {.key = "file", .text = c->file},
        {.key = "line", .number = c->line},
        {.key = "address", .number = (double)c->address},
        {.key = "pid", .number = (double)c->pid}};
    struct report_event event = {.verb = VERB_CRASHED,
                                 .subject = c->module,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 8,
                                 .note = note,
                                 .serves = still};
    report_event(&event);
    free(still);
    free(note);
    free(text);
}

static void
report_buried(const struct served *v, uint64_t generation)
{
    char *text = mem_format("gen %llu is not loaded again, and there is none "
                            "before it",
                            (unsigned long long)generation);
    char *still = mem_format("nothing serves: importing %s raises ImportError",
                             v->module->name);
    const struct report_field fields[] = {
        {.key = "module", .text = v->module->name},
        {.key = "generation", .number = (double)generation},
        {.key = "reason", .text = v->crash_words}};
    struct report_event event = {.verb = VERB_REFUSED,
                                 .subject = v->module->name,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 3,
                                 .serves = still};
    report_event(&event);
    free(still);
    free(text);
}

/* Whichever tier of it serves by now. */
static bool
is_live(const struct served *v, uint64_t generation)
{
    return target_shown(v, generation) == target_live(v);
}

/* -- the way back --------------------------------------------------------- */

static void
bury(struct target *t, struct served *v)
{
    struct err e = ERR_INIT;
    uint64_t generation = target_shown(v, v->generation);
    char *text = mem_format("%s: %s; it is not loaded again until its source "
                            "changes, and no generation came before it",
                            v->module->source, v->crash_words);
    target_bury(t, v, text);
    free(v->why);
    v->why = mem_copy_str(v->crash_words);
    v->module->phase = MODULE_FAILED;
    if (target_write_manifest(t, &e) < 0) {
        report_warning("%s", e.text);
    }
    report_buried(v, generation);
    free(text);
}

/* The source is the same for every Python, and so is its fault. */
static void
go_back(struct dev *d, const struct crashed *c)
{
    struct module *m = c->served->module;
    bool has_way = false;
    for (size_t i = 0; i < d->env.target_count; i++) {
        struct target *t = d->env.targets[i];
        struct served *v = target_find(t, m->name);
        if (v == NULL || v->generation == 0) {
            continue;
        }
        target_condemn(v, c->site);
        if (v != c->served) {
            free(v->crash_words);
            v->crash_words = mem_copy_str(c->served->crash_words);
        }
        if (v->former_count > 0) {
            has_way = true;
        }
        else {
            bury(t, v);
        }
    }
    if (has_way) {
        d->txn = txn_start_undo(&d->env, m, UNDO_CRASH, saves_over, d);
    }
}

void
crashes_over(struct dev *d, const struct txn *t)
{
    struct err e = ERR_INIT;
    if (!t->is_crash || t->result == TXN_LIVE) {
        return;
    }
    if (t->culprit != NULL && undo_is_companion(t, t->culprit)) {
        d->txn = txn_start_undo(&d->env, t->steps[0].served->module,
                                UNDO_CRASH_ALONE, saves_over, d);
        return;
    }
    /* Workers that cannot move stay; who comes next starts on it. */
    for (size_t i = 0; i < t->step_count; i++) {
        struct target *target = t->steps[i].target;
        struct served *v = t->steps[i].served;
        struct staged staged = {.served = NULL};
        if (target_stage_undo(target, v, &staged, &e) < 0) {
            if (!undo_is_companion(t, &t->steps[i])) {
                bury(target, v);
            }
            continue;
        }
        target_commit(target, &staged);
        undo_note(t, &t->steps[i]);
        v->module->phase = MODULE_LIVE;
        if (target_write_manifest(target, &e) < 0) {
            report_warning("%s", e.text);
        }
    }
}

void
crashes_pump(struct dev *d)
{
    while (d->txn == NULL && d->crashed_count > 0 && !d->is_over
           && d->end_signal == 0)
    {
        struct crashed c = d->crashed[0];
        d->crashed_count--;
        memmove(d->crashed, d->crashed + 1,
                d->crashed_count * sizeof(*d->crashed));
        if (is_live(c.served, c.generation)) {
            go_back(d, &c);
        }
        else if (c.served->is_undone) {
            target_mark_fallen(c.served); /* it went back with another */
        }
        free(c.site);
    }
    if (d->txn == NULL && d->is_restart_due && !d->is_over) {
        d->is_restart_due = false;
        app_restart(d, "crashed");
    }
}

/* -- records -------------------------------------------------------------- */

static void
absolve(struct dev *d, const struct served *live, const char *site)
{
    for (size_t i = 0; i < d->env.target_count; i++) {
        struct served *v = target_find(d->env.targets[i], live->module->name);
        if (v != NULL && v->generation > 0) {
            condemned_absolve(v, site);
        }
    }
}

static void
take(struct dev *d, const struct crash *c)
{
    struct target *t = c->generation == 0 ? NULL
                                          : workers_target(d, c->soabi);
    struct served *v = t == NULL ? NULL : target_find(t, c->module);
    if (v == NULL) {
        report_foreign(d, c);
        return;
    }
    bool is_here = is_live(v, c->generation);
    char *site = mem_format("%s in %s()", c->signal,
                            c->function == NULL ? "?" : c->function);
    /* An app that has it at its start would start for ever. */
    bool is_older = is_here && c->pid != d->app_pid
                    && condemned_is_older(v, site);
    char *words = crash_words(c, d->config->root);
    report_crash(c, v, words, is_older);
    if (is_older) {
        absolve(d, v, site);
        free(words);
        free(site);
        return;
    }
    free(v->crash_words);
    unsigned long long shown = target_shown(v, c->generation);
    v->crash_words = mem_format("gen %llu crashed: %s", shown, words);
    free(words);
    d->has_open_crash = true;
    if (is_here) {
        target_condemn(v, site); /* another's way back may come first */
    }
    d->crashed = mem_resize(d->crashed, d->crashed_count + 1,
                            sizeof(*d->crashed));
    d->crashed[d->crashed_count++] = (struct crashed){v, c->generation,
                                                    site};
}

void
crashes_look(struct dev *d, long gone, bool is_farewell)
{
    static const char start[] = "crash.";
    const char *folder = d->session.dir;
    DIR *dir = folder == NULL ? NULL : opendir(folder);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, start, sizeof(start) - 1) != 0) {
            continue;
        }
        long pid = strtol(entry->d_name + sizeof(start) - 1, NULL, 10);
        char *path = path_join(folder, entry->d_name);
        struct crash c;
        if ((pid == gone || process_is_dead(pid)) && crash_read(&c, path)) {
            /* Who ended by itself has lived through the signal. */
            if (pid != gone || !is_farewell) {
                take(d, &c);
            }
            crash_dispose(&c);
            unlink(path);
        }
        free(path);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    crashes_pump(d);
}

bool
crashes_restart(struct dev *d)
{
    d->is_restart_due = d->has_open_crash;
    d->has_open_crash = false;
    bool is = d->is_restart_due;
    crashes_pump(d);
    return is;
}

void
crashes_dispose(struct dev *d)
{
    for (size_t i = 0; i < d->crashed_count; i++) {
        free(d->crashed[i].site);
    }
    free(d->crashed);
}
