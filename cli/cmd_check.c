/* check: only what the compilers have to say. */
#include "building.h"
#include "commands.h"
#include "common.h"

static const char *
plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void
say(const struct building *b)
{
    size_t errors = building_count(b, DIAG_ERROR);
    size_t warnings = building_count(b, DIAG_WARNING);
    size_t modules = b->graph.module_count;
    report_setup("checked", "%zu module%s: %zu error%s, %zu warning%s",
                 modules, plural(modules), errors, plural(errors), warnings,
                 plural(warnings));
}

int
cmd_check(size_t count, char **argv)
{
    struct common c = COMMON_INIT;
    struct config config;
    const struct opt table[]
        = {COMPILE_PATH_OPTION(c), COMMON_OPTIONS(c), OPT_END};
    int status;
    if (!common_begin(&c, "check", table, OPT_ANYWHERE, count, argv, NULL,
                      &config, &status))
    {
        return status;
    }
    struct building b;
    struct err e = ERR_INIT;
    if (building_run(&b, &config, &e) < 0) {
        status = common_fail(&e, NULL);
    }
    else {
        building_review(&b);
        building_say(&b);
        say(&b);
        if (c.json != NULL) {
            struct buf text = BUF_INIT;
            building_to_json(&b, &text);
            report_result(buf_text(&text));
            buf_dispose(&text);
        }
        status = b.failed > 0 ? STATUS_FAILED : STATUS_DONE;
    }
    building_dispose(&b);
    common_end(&c, NULL, &config);
    return status;
}
