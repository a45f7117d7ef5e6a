/* cmd_stubs: `cowbird stubs`: writes a .pyi for every plain module, and
 * compile_commands.json.
 */
#include <stdlib.h>

#include "beside.h"
#include "building.h"
#include "commands.h"
#include "common.h"
#include "json.h"
#include "path.h"

static const char *const done_names[] = {
    [BESIDE_NONE] = "none",       [BESIDE_SAME] = "same",
    [BESIDE_WRITTEN] = "written", [BESIDE_KEPT] = "kept",
    [BESIDE_HELD] = "held",       [BESIDE_FAILED] = "failed",
};

static void
say(const struct building *b, const struct config *config, size_t i,
    enum beside_done done, const char *place)
{
    const struct module *m = b->graph.modules[i];
    if (done == BESIDE_SAME) {
        report_setup("same", "%s", path_below(place, config->root));
    }
    else if (done == BESIDE_NONE && m->kind == MODULE_RAW) {
        report_setup("none", "%s  binds itself, so its C does not tell its "
                     "types: a %s.pyi is yours to write", m->name, m->stem);
    }
}

static void
put(struct json *all, const struct module *m, enum beside_done done,
    const char *place)
{
    struct json *item = json_put(all, NULL, JSON_OBJECT);
    json_put_str(item, "module", m->name);
    json_put_str(item, "kind", m->kind == MODULE_RAW ? "raw" : "plain");
    json_put_str(item, "done", done_names[done]);
    if (place != NULL) {
        json_put_str(item, "path", place);
    }
    else {
        json_put(item, "path", JSON_NULL);
    }
}

/* Whether each stub that there should be is there. */
static bool
write_all(struct beside *beside, const struct building *b, struct json *all)
{
    bool is_good = true;
    for (size_t i = 0; i < b->graph.module_count; i++) {
        char *place = NULL;
        enum beside_done done = beside_stub(beside, &b->builds[i], &place);
        say(b, beside->config, i, done, place);
        put(all, b->graph.modules[i], done, place);
        is_good = is_good && done != BESIDE_FAILED;
        free(place);
    }
    beside_say(beside, false);
    beside_enter(beside, &b->graph);
    return is_good;
}

static int
stubs(const struct common *c, const struct config *config)
{
    struct building b;
    struct err e = ERR_INIT;
    struct json all = {.type = JSON_ARRAY};
    int status = STATUS_DONE;
    if (building_run(&b, config, &e) < 0) {
        status = common_fail(&e, NULL);
    }
    else {
        struct beside beside = {.config = config,
                                .chain = b.chain,
                                .python = &b.python};
        bool is_good = write_all(&beside, &b, &all);
        status = is_good && b.failed == 0 ? STATUS_DONE : STATUS_FAILED;
        if (c->json != NULL) {
            struct buf text = BUF_INIT;
            json_print(&all, NULL, &text);
            report_result(buf_text(&text));
            buf_dispose(&text);
        }
        beside_dispose(&beside);
    }
    json_dispose(&all);
    building_dispose(&b);
    return status;
}

int
cmd_stubs(size_t count, char **argv)
{
    struct common c = COMMON_INIT;
    struct config config;
    const struct opt table[]
        = {COMPILE_PATH_OPTION(c), COMMON_OPTIONS(c), OPT_END};
    int status;
    if (!common_begin(&c, "stubs", table, OPT_ANYWHERE, count, argv, NULL,
                      &config, &status))
    {
        return status;
    }
    status = stubs(&c, &config);
    common_end(&c, NULL, &config);
    return status;
}
