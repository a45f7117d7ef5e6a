/* outcome_builds: what builds outside a transaction say: at a start, of
 * `build` and `check`; outcome.h's outcome_report_builds. */
#include "outcome.h"

#include <stdlib.h>

#include "mem.h"
#include "report.h"

static char *
names_of(const struct build *builds, size_t count, bool only_cached)
{
    struct list names = LIST_INIT;
    for (size_t i = 0; i < count; i++) {
        if (builds[i].is_good && (!only_cached || builds[i].is_cached)) {
            list_add(&names, builds[i].module->name);
        }
    }
    char *text = names.count > 6
                     ? mem_format("%zu modules", names.count)
                     : list_join(&names, ", ");
    list_dispose(&names);
    return text;
}

char *
outcome_names(const struct build *builds, size_t count)
{
    return names_of(builds, count, false);
}

void
outcome_report_kept(const char *names)
{
    report_setup("built", "%-22s  from cache", names);
}

void
outcome_report_good(const struct build *builds, size_t count, int64_t took_ns)
{
    size_t good = 0;
    size_t cached = 0;
    const char *compiler = "";
    for (size_t i = 0; i < count; i++) {
        good += builds[i].is_good;
        cached += builds[i].is_good && builds[i].is_cached;
        if (builds[i].is_good && builds[i].compiler != NULL) {
            compiler = builds[i].compiler;
        }
    }
    if (good == 0) {
        return;
    }
    char *names = names_of(builds, count, false);
    char *from_cache = names_of(builds, count, true);
    char *took = outcome_duration(took_ns);
    if (cached == good) {
        outcome_report_kept(names);
    }
    else if (cached > 0) {
        report_setup("built", "%-22s  %s, %s (%s from cache)", names, compiler,
                     took, from_cache);
    }
    else {
        report_setup("built", "%-22s  %s, %s", names, compiler, took);
    }
    free(took);
    free(from_cache);
    free(names);
}

void
outcome_report_builds(const struct build *builds, size_t count,
                      int64_t took_ns)
{
    struct diag_list seen = DIAG_LIST_INIT;
    outcome_report_good(builds, count, took_ns);
    for (size_t i = 0; i < count; i++) {
        const struct build *b = &builds[i];
        if (b->is_good) {
            report_diags(&b->diags);
            continue;
        }
        size_t errors = diag_count(&b->diags, DIAG_ERROR);
        char *text = mem_format("%zu error%s", errors,
                                errors == 1 ? "" : "s");
        char *still = mem_format("importing %s raises ImportError",
                                 b->module->name);
        const struct report_field fields[] = {
            {.key = "module", .text = b->module->name}};
        struct report_event event = {.verb = VERB_ERROR,
                                     .subject = b->module->name,
                                     .text = text,
                                     .fields = fields,
                                     .field_count = 1,
                                     .diags = &b->diags,
                                     .seen = &seen,
                                     .serves = still};
        report_event(&event);
        diag_copy_all(&seen, &b->diags);
        free(text);
        free(still);
    }
    diag_list_dispose(&seen);
}
