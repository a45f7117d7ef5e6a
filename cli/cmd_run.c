/* cmd_run: `cowbird run`: compile, then become the app; with --dev watch over
 * it instead.
 */
#include "commands.h"

#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "clock.h"
#include "common.h"
#include "compile.h"
#include "dev.h"
#include "digest.h"
#include "extensions.h"
#include "file.h"
#include "kept_start.h"
#include "launch.h"
#include "manifest.h"
#include "mem.h"
#include "outcome.h"
#include "path.h"
#include "trace.h"

struct run {
    struct common common;
    bool is_dev;
    const char *trace; /* --trace, or NULL */
    struct opt_rest rest;
    struct config config;
    struct toolchain *chain;
    struct python python;
    struct extensions extensions;
    struct graph graph;
    struct kept_start start; /* without --dev */
    const char *app;
    struct list words;
    int64_t started_ns;
};

/* What to run, what to build for it, and with what. */
static int
find_parts(struct run *r, struct err *e)
{
    if (r->rest.words.count > 0) {
        r->app = r->rest.words.items[0];
        for (size_t i = 1; i < r->rest.words.count; i++) {
            list_add(&r->words, r->rest.words.items[i]);
        }
        list_add_all(&r->words, &r->rest.command);
        if (!path_is_file(r->app) && !path_is_dir(r->app)) {
            return err_set(e, ERR_USAGE, "no such app: %s", r->app);
        }
    }
    else if (r->rest.command.count == 0) {
        return err_set(e, ERR_USAGE, "no app and no command to run");
    }
    r->chain = toolchain_new(r->config.cc, e);
    if (r->chain == NULL) {
        return -1;
    }
    toolchain_limit(r->chain, r->config.compile_seconds);
    toolchain_optimise(r->chain, &r->config.optimise);
    int status = r->app == NULL
                     ? python_find_for(&r->python, r->config.python,
                                       r->rest.command.items[0],
                                       r->config.root, e)
                     : python_find(&r->python, r->config.python,
                                   r->config.root, e);
    if (status < 0) {
        return -1;
    }
    if (!r->is_dev) {
        kept_start_begin(&r->start, &r->config, r->chain, &r->python);
        if (kept_start_recall(&r->start)) {
            return 0;
        }
    }
    extensions_read(&r->extensions, &r->config, &r->python);
    graph_init(&r->graph);
    r->graph.extensions = &r->extensions;
    return graph_scan(&r->graph, &r->config.compile_paths, &r->config, e);
}

static void
say_python(const struct run *r)
{
    report_setup("python", "CPython %s (%s)", r->python.version,
                 r->python.origin);
}

static void
say_beginning(const struct run *r)
{
    say_python(r);
    for (size_t i = 0; i < r->graph.warnings.count; i++) {
        report_warning("%s", r->graph.warnings.items[i]);
    }
    if (r->graph.module_count == 0) {
        char *where = list_join(&r->config.compile_paths, ", ");
        report_warning("no native modules below %s: cowbird new NAME writes "
                       "one", where);
        free(where);
    }
}

/* Writes the words of a failed build into `fresh`, which becomes `entry`. */
static void
add_failure(struct buf *manifest, const struct build *b, const char *fresh,
            const char *entry, const char *root)
{
    struct buf text = BUF_INIT;
    char *now = mem_format("%s/%s.txt", fresh, b->module->name);
    char *later = mem_format("%s/%s.txt", entry, b->module->name);
    diag_render(&b->diags, root, 0, &text);
    file_write(now, buf_text(&text), text.len, NULL);
    manifest_add_failed(manifest, b->module->name, later, b->module->source);
    buf_dispose(&text);
    free(now);
    free(later);
}

/* The folder with the manifest of these artefacts, on the heap. Named by what
 * is in it, so that two runs never change each other's. */
static char *
publish(const struct run *r, const struct build *builds, struct err *e)
{
    struct digest_state state;
    struct buf manifest = BUF_INIT;
    digest_start(&state);
    digest_add_str(&state, "2"); /* the form of its lines */
    digest_add_str(&state, r->python.soabi);
    for (size_t i = 0; i < r->graph.module_count; i++) {
        const struct module *m = r->graph.modules[i];
        digest_add_str(&state, m->name);
        digest_add_str(&state, m->source);
        digest_add_str(&state, builds[i].artefact);
        digest_add_str(&state, builds[i].is_good ? "" : "failed");
        for (size_t k = 0; k < builds[i].diags.count; k++) {
            digest_add_str(&state, builds[i].diags.items[k].message);
        }
    }
    struct digest key = digest_end(&state);
    bool is_there = false;
    char *entry = cache_entry("manifests", &key, &is_there, e);
    char *fresh = entry == NULL || is_there ? NULL : cache_begin(e);
    if (entry == NULL || is_there || fresh == NULL) {
        goto done;
    }
    manifest_start(&manifest, false);
    for (size_t i = 0; i < r->graph.module_count; i++) {
        const struct module *m = r->graph.modules[i];
        if (builds[i].is_good) {
            const struct manifest_module line
                = {.name = m->name, .stem = m->stem,
                   .image = builds[i].artefact, .origin = builds[i].artefact,
                   .source = m->source, .generation = 1, .shown = 1,
                   .tier = target_tier_name(builds[i].compiler)};
            manifest_add_module(&manifest, &line);
        }
        else if (builds[i].module != NULL) {
            add_failure(&manifest, &builds[i], fresh, entry,
                        r->config.root);
        }
    }
    if (manifest_write(&manifest, fresh, r->python.soabi, e) < 0
        || cache_publish(fresh, "manifests", &key, e) < 0)
    {
        cache_abandon(fresh);
        free(entry);
        entry = NULL;
    }
done:
    if (entry != NULL && !is_there && fresh == NULL) {
        free(entry);
        entry = NULL;
    }
    free(fresh);
    buf_dispose(&manifest);
    return entry;
}

/* Never returns but on failure. `folder` holds the manifest. */
static int
become_app(struct run *r, const char *folder)
{
    struct err e = ERR_INIT;
    struct launch launch = {.program = NULL};
    if (launch_init(&launch, &r->python, r->app, &r->words, &r->rest.command,
                    folder, &e) == 0)
    {
        char *blindness = launch_blindness(&launch, &r->python);
        if (blindness != NULL) {
            report_warning("%s", blindness);
        }
        free(blindness);
        /* The app keeps the lock: `cache clear` then keeps its modules. */
        cache_hold(folder, NULL);
        launch_exec(&launch, &e);
    }
    launch_dispose(&launch);
    return common_fail(&e, NULL);
}

static int
build_and_become(struct run *r)
{
    struct err e = ERR_INIT;
    struct build *builds = NULL;
    int64_t started = clock_now_ns();
    if (compile_all(r->chain, &r->python, &r->graph, TIER_OPTIMISED,
                    r->config.jobs, NULL, NULL, &builds, &e) < 0)
    {
        return common_fail(&e, NULL);
    }
    outcome_report_builds(builds, r->graph.module_count,
                          clock_now_ns() - started);
    char *folder = publish(r, builds, &e);
    if (folder != NULL) {
        kept_start_write(&r->start, &r->graph, builds, folder);
    }
    int status = folder == NULL ? common_fail(&e, NULL)
                                : become_app(r, folder);
    free(folder);
    for (size_t i = 0; i < r->graph.module_count; i++) {
        build_dispose(&builds[i]);
    }
    free(builds);
    return status;
}

static int
become_kept(struct run *r)
{
    say_python(r);
    outcome_report_kept(r->start.built);
    return become_app(r, r->start.folder);
}

static int
watch_over_app(struct run *r)
{
    struct dev_options o = {.config = &r->config,
                            .chain = r->chain,
                            .graph = &r->graph,
                            .extensions = &r->extensions,
                            .python = &r->python,
                            .app = r->app,
                            .words = &r->words,
                            .command = &r->rest.command,
                            .started_ns = r->started_ns};
    graph_read_all(&r->graph);
    return dev_run(&o);
}

static int
open_trace(const struct run *r, struct err *e)
{
    if (r->trace != NULL && !r->is_dev) {
        return err_set(e, ERR_USAGE, "--trace=%s is for --dev: without it "
                       "nothing is saved into the app", r->trace);
    }
    return r->trace == NULL ? 0 : trace_open(r->trace, e);
}

int
cmd_run(size_t count, char **argv)
{
    struct run r = {.common = COMMON_INIT, .started_ns = clock_now_ns()};
    const struct opt table[] = {
        COMPILE_PATH_OPTION(r.common),
        {OPT_FLAG, "dev", NULL, 0, &r.is_dev, NULL,
         "watch, recompile and hot-swap"},
        {OPT_STRING, "py-reload", NULL, 0, &r.common.flags.py_reload, "WHEN",
         "restart the app when Python changes: auto, on or off"},
        {OPT_STRING, "trace", NULL, 0, &r.trace, "FILE",
         "with --dev: where each save's time goes, in Chrome's format"},
        NO_STUBS_OPTION(r.common),
        COMMON_OPTIONS(r.common),
        OPT_END,
    };
    int status = STATUS_DONE;
    struct err e = ERR_INIT;
    if (!common_begin(&r.common, "run", table, OPT_AROUND_APP, count, argv,
                      &r.rest, &r.config, &status))
    {
        return status;
    }
    if (r.is_dev) {
        app_end_at_once();
    }
    if (open_trace(&r, &e) < 0 || find_parts(&r, &e) < 0) {
        status = common_fail(&e, e.code == ERR_USAGE
                                     ? "cowbird help run shows how"
                                     : NULL);
    }
    else if (r.start.folder != NULL) {
        status = become_kept(&r);
    }
    else {
        say_beginning(&r);
        status = r.is_dev ? watch_over_app(&r) : build_and_become(&r);
    }
    kept_start_dispose(&r.start);
    graph_dispose(&r.graph);
    extensions_dispose(&r.extensions);
    toolchain_free(r.chain);
    python_dispose(&r.python);
    list_dispose(&r.words);
    common_end(&r.common, &r.rest, &r.config);
    trace_close();
    return status;
}
