/* building: see building.h. */
#include "building.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "config.h"
#include "json.h"
#include "report.h"

static void
say_python(const struct python *p)
{
    report_setup("python", "CPython %s%s%s (%s)", p->version,
                 p->is_debug ? " debug" : "",
                 p->is_gil_enabled ? "" : " free-threaded", p->origin);
}

static void
say_scan(const struct graph *g, const struct config *c)
{
    for (size_t i = 0; i < g->warnings.count; i++) {
        report_warning("%s", g->warnings.items[i]);
    }
    if (g->module_count == 0) {
        char *where = list_join(&c->compile_paths, ", ");
        report_warning("no native module below %s: 'cowbird new NAME' writes "
                       "one",
                       where);
        free(where);
    }
}

void
building_review(struct building *b)
{
    for (size_t i = 0; i < b->graph.module_count; i++) {
        struct build *one = &b->builds[i];
        if (one->is_good && one->compiler != NULL
            && strcmp(one->compiler, "tcc") == 0)
        {
            compile_review(b->chain, &b->python, one->module, &one->diags);
        }
    }
}

void
building_say(struct building *b)
{
    for (size_t i = 0; i < b->graph.module_count; i++) {
        diag_copy_all(&b->diags, &b->builds[i].diags);
    }
    diag_merge(&b->diags);
    report_diags(&b->diags);
    for (size_t i = 0; i < b->graph.module_count; i++) {
        const struct build *one = &b->builds[i];
        if (one->fallback != NULL) {
            report_detail("fallback", "%s  %s", one->module->name,
                          one->fallback);
        }
    }
}

int
building_run(struct building *b, const struct config *c, struct err *e)
{
    *b = (struct building){.builds = NULL};
    graph_init(&b->graph);
    int64_t started_ns = clock_now_ns();
    b->chain = toolchain_new(c->cc, e);
    if (b->chain == NULL
        || python_find(&b->python, c->python, c->root, e) < 0)
    {
        return -1;
    }
    toolchain_limit(b->chain, c->compile_seconds);
    toolchain_optimise(b->chain, &c->optimise);
    extensions_read(&b->extensions, c, &b->python);
    b->graph.extensions = &b->extensions;
    if (graph_scan(&b->graph, &c->compile_paths, c, e) < 0) {
        return -1;
    }
    say_python(&b->python);
    say_scan(&b->graph, c);
    b->failed = compile_all(b->chain, &b->python, &b->graph, TIER_OPTIMISED,
                            c->jobs, NULL, NULL, &b->builds, e);
    b->took_ns = clock_now_ns() - started_ns;
    return b->failed < 0 ? -1 : 0;
}

size_t
building_count(const struct building *b, enum diag_severity severity)
{
    return diag_count(&b->diags, severity);
}

static void
add_text(struct buf *out, const char *key, const char *text)
{
    buf_add_fmt(out, ",\"%s\":", key);
    if (text == NULL) {
        buf_add_str(out, "null");
    }
    else {
        json_print_str(text, strlen(text), out);
    }
}

static void
add_build(struct buf *out, const struct build *b)
{
    char key[DIGEST_TEXT];
    digest_text(&b->key, key);
    buf_add_fmt(out, "{\"built\":%s,\"cached\":%s,\"took_ms\":%.1f",
                b->is_good ? "true" : "false",
                b->is_cached ? "true" : "false", (double)b->took_ns / 1e6);
    add_text(out, "name", b->module->name);
    add_text(out, "source", b->module->source);
    add_text(out, "kind", b->module->kind == MODULE_RAW ? "raw" : "plain");
    add_text(out, "compiler", b->compiler);
    add_text(out, "fallback", b->fallback);
    add_text(out, "artefact", b->artefact);
    add_text(out, "stub", b->stub);
    add_text(out, "key", b->is_good ? key : NULL);
    buf_add_str(out, ",\"diagnostics\":");
    diag_to_json(&b->diags, out);
    buf_add_str(out, "}");
}

void
building_to_json(const struct building *b, struct buf *out)
{
    const struct python *p = &b->python;
    buf_add_fmt(out, "{\"failed\":%d,\"took_ms\":%.1f", b->failed,
                (double)b->took_ns / 1e6);
    add_text(out, "python", p->executable);
    add_text(out, "python_version", p->version);
    add_text(out, "soabi", p->soabi);
    buf_add_str(out, ",\"warnings\":[");
    for (size_t i = 0; i < b->graph.warnings.count; i++) {
        const char *text = b->graph.warnings.items[i];
        buf_add_str(out, i > 0 ? "," : "");
        json_print_str(text, strlen(text), out);
    }
    buf_add_str(out, "],\"modules\":[");
    for (size_t i = 0; i < b->graph.module_count; i++) {
        buf_add_str(out, i > 0 ? "," : "");
        add_build(out, &b->builds[i]);
    }
    buf_add_str(out, "]}");
}

void
building_dispose(struct building *b)
{
    for (size_t i = 0; b->builds != NULL && i < b->graph.module_count; i++) {
        build_dispose(&b->builds[i]);
    }
    free(b->builds);
    diag_list_dispose(&b->diags);
    graph_dispose(&b->graph);
    extensions_dispose(&b->extensions);
    toolchain_free(b->chain);
    python_dispose(&b->python);
}
