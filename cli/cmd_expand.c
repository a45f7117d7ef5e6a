/* cmd_expand: `cowbird expand FILE`: the binding that a plain module is
 * compiled with, on stdout.
 */
#include "commands.h"

#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "compile.h"
#include "graph.h"
#include "mem.h"
#include "path.h"

struct expand {
    struct common common;
    struct opt_rest rest;
    struct config config;
    struct toolchain *chain;
    struct python python;
    struct graph graph;
};

/* The module that `path` is a source of; NULL when it is none. */
static struct module *
find_module(const struct graph *g, const char *path)
{
    for (size_t i = 0; i < g->module_count; i++) {
        struct module *m = g->modules[i];
        for (size_t k = 0; !m->is_gone && k < m->sources.count; k++) {
            char *real = path_real(m->sources.items[k]);
            bool is_it = strcmp(real, path) == 0;
            free(real);
            if (is_it) {
                return m;
            }
        }
    }
    return NULL;
}

/* A file outside the compile paths is looked for in its own folder. */
static int
find_source(struct expand *x, const char *file, struct module **found,
            struct err *e)
{
    if (!path_is_file(file)) {
        return err_set(e, ERR_USAGE, "no such file: %s", file);
    }
    char *path = path_real(file);
    struct list roots = LIST_INIT;
    int status = graph_scan(&x->graph, &x->config.compile_paths, &x->config,
                            e);
    *found = status == 0 ? find_module(&x->graph, path) : NULL;
    if (status == 0 && *found == NULL) {
        list_add_taken(&roots, path_dir(path));
        status = graph_scan(&x->graph, &roots, NULL, e);
        *found = status == 0 ? find_module(&x->graph, path) : NULL;
    }
    if (status == 0 && *found == NULL) {
        status = err_set(e, ERR_USAGE,
                         "%s is no module: it neither includes cowbird.h nor "
                         "defines PyInit_…",
                         file);
    }
    if (status == 0 && (*found)->kind != MODULE_PLAIN) {
        status = err_set(e, ERR_USAGE,
                         "%s binds itself (PyInit_%s): there is nothing to "
                         "expand",
                         file, (*found)->stem);
    }
    list_dispose(&roots);
    free(path);
    return status;
}

static int
expand(struct expand *x, const char *file)
{
    struct err e = ERR_INIT;
    struct module *m = NULL;
    struct buf text = BUF_INIT;
    struct diag_list diags = DIAG_LIST_INIT;
    int status = -1;
    if (find_source(x, file, &m, &e) == 0
        && (x->chain = toolchain_new(x->config.cc, &e)) != NULL
        && python_find(&x->python, x->config.python, x->config.root, &e) == 0)
    {
        status = compile_expand(x->chain, &x->python, m, &text, NULL, &diags,
                                &e);
    }
    if (status >= 0) {
        report_diags(&diags);
        if (status == 0) {
            report_text(true, buf_text(&text));
        }
    }
    diag_list_dispose(&diags);
    buf_dispose(&text);
    return status < 0 ? common_fail(&e, NULL)
                      : status > 0 ? STATUS_FAILED : STATUS_DONE;
}

int
cmd_expand(size_t count, char **argv)
{
    struct expand x = {.common = COMMON_INIT};
    const struct opt table[] = {
        COMPILE_PATH_OPTION(x.common),
        COMMON_OPTIONS(x.common),
        OPT_END,
    };
    int status = STATUS_DONE;
    if (!common_begin(&x.common, "expand", table, OPT_ANYWHERE, count, argv,
                      &x.rest, &x.config, &status))
    {
        return status;
    }
    graph_init(&x.graph);
    if (x.rest.words.count != 1) {
        status = common_misuse("expand", NULL, "%s",
                               x.rest.words.count == 0
                                   ? "no file to expand"
                                   : "one file at a time");
    }
    else {
        status = expand(&x, x.rest.words.items[0]);
    }
    graph_dispose(&x.graph);
    toolchain_free(x.chain);
    python_dispose(&x.python);
    common_end(&x.common, &x.rest, &x.config);
    return status;
}
