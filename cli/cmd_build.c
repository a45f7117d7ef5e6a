/* build: compile everything and stop; with --plan, say what a wheel of the
 * project is made of. */
#include "beside.h"
#include "building.h"
#include "commands.h"
#include "common.h"
#include "outcome.h"
#include "release.h"

static void
write_beside(const struct building *b, const struct config *config)
{
    struct beside beside = {.config = config,
                            .chain = b->chain,
                            .python = &b->python};
    for (size_t i = 0; config->stubs && i < b->graph.module_count; i++) {
        beside_stub(&beside, &b->builds[i], NULL);
    }
    if (config->stubs) {
        beside_say(&beside, false);
        beside_enter(&beside, &b->graph);
    }
    beside_dispose(&beside);
}

static int
build(const struct common *c, const struct config *config)
{
    struct building b;
    struct err e = ERR_INIT;
    int status;
    if (building_run(&b, config, &e) < 0) {
        status = common_fail(&e, NULL);
    }
    else {
        building_say(&b);
        outcome_report_good(b.builds, b.graph.module_count, b.took_ns);
        write_beside(&b, config);
        if (c->json != NULL) {
            struct buf text = BUF_INIT;
            building_to_json(&b, &text);
            report_result(buf_text(&text));
            buf_dispose(&text);
        }
        if (b.failed > 0) {
            err_set(&e, ERR_BUILD, "%d of %zu module%s did not build",
                    b.failed, b.graph.module_count,
                    b.graph.module_count == 1 ? "" : "s");
            report_error(&e, NULL);
        }
        status = b.failed > 0 ? STATUS_FAILED : STATUS_DONE;
    }
    building_dispose(&b);
    return status;
}

static int
plan(const struct config *config, const struct release_options *o)
{
    struct buf text = BUF_INIT;
    struct err e = ERR_INIT;
    int status = release_plan(config, o, &text, &e) < 0
                     ? common_fail(&e, NULL)
                     : STATUS_DONE;
    if (status == STATUS_DONE) {
        report_result(buf_text(&text));
    }
    buf_dispose(&text);
    return status;
}

int
cmd_build(size_t count, char **argv)
{
    struct common c = COMMON_INIT;
    struct config config;
    const char *folder = NULL;
    struct list only = LIST_INIT;
    const struct opt table[] = {
        COMPILE_PATH_OPTION(c),
        NO_STUBS_OPTION(c),
        {OPT_MAYBE, "plan", NULL, 0, &folder, "DIR",
         "print what a wheel is made of, as JSON; bindings go to DIR"},
        {OPT_LIST, "module", NULL, 0, &only, "NAME",
         "with --plan: only this one (repeatable)"},
        COMMON_OPTIONS(c),
        OPT_END,
    };
    int status;
    if (!common_begin(&c, "build", table, OPT_ANYWHERE, count, argv, NULL,
                      &config, &status))
    {
        list_dispose(&only);
        return status;
    }
    if (folder != NULL) {
        struct release_options o
            = {.folder = folder[0] == '\0' ? NULL : folder, .only = &only};
        status = plan(&config, &o);
    }
    else if (only.count > 0) {
        status = common_misuse("build", NULL, "--module goes with --plan");
    }
    else {
        status = build(&c, &config);
    }
    list_dispose(&only);
    common_end(&c, NULL, &config);
    return status;
}
