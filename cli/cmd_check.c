/* check: only what the compilers have to say. */
#include "building.h"
#include "commands.h"
#include "common.h"

#include "file.h"
#include "sarif.h"

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

/* `sarif`: NULL: not asked for; "" to stdout; else the file. */
static int
give_results(const struct building *b, const struct common *c,
             const char *sarif, const char *root, struct err *e)
{
    struct buf text = BUF_INIT;
    int status = 0;
    if (c->json != NULL) {
        building_to_json(b, &text);
        report_result(buf_text(&text));
    }
    buf_clear(&text);
    if (sarif != NULL) {
        sarif_write(&b->diags, root, &text);
        if (sarif[0] == '\0') {
            report_result(buf_text(&text));
        }
        else {
            buf_add_str(&text, "\n");
            status = file_write(sarif, buf_text(&text), text.len, e);
        }
    }
    buf_dispose(&text);
    return status;
}

static int
check(const struct common *c, const char *sarif, const struct config *config)
{
    struct building b;
    struct err e = ERR_INIT;
    int status;
    if (building_run(&b, config, &e) < 0) {
        status = common_fail(&e, NULL);
    }
    else {
        building_review(&b);
        building_say(&b);
        say(&b);
        status = b.failed > 0 ? STATUS_FAILED : STATUS_DONE;
        if (give_results(&b, c, sarif, config->root, &e) < 0) {
            status = common_fail(&e, NULL);
        }
    }
    building_dispose(&b);
    return status;
}

int
cmd_check(size_t count, char **argv)
{
    struct common c = COMMON_INIT;
    struct config config;
    const char *sarif = NULL;
    const struct opt table[]
        = {COMPILE_PATH_OPTION(c),
           {OPT_MAYBE, "sarif", NULL, 0, &sarif, "PATH",
            "results as SARIF 2.1.0, to PATH or stdout"},
           COMMON_OPTIONS(c),
           OPT_END};
    int status;
    if (!common_begin(&c, "check", table, OPT_ANYWHERE, count, argv, NULL,
                      &config, &status))
    {
        return status;
    }
    if (c.json != NULL && sarif != NULL && sarif[0] == '\0') {
        status = common_misuse("check", "write one to a file: --sarif=PATH",
                               "--json and --sarif both want stdout");
    }
    else {
        status = check(&c, sarif, &config);
    }
    common_end(&c, NULL, &config);
    return status;
}
