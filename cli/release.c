/* release: see release.h. One command's main thread. */
#include "release.h"

#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "compile_entry.h"
#include "compile_job.h"
#include "file.h"
#include "graph.h"
#include "includes.h"
#include "json_write.h"
#include "mem.h"
#include "path.h"
#include "plain.h"
#include "pyi_file.h"
#include "report.h"

struct plan {
    const struct config *c;
    char *root; /* the project's folder, links resolved */
    struct graph graph;
    const char *folder; /* for bindings; NULL: only the files are asked for */
    struct toolchain *chain;
    struct python python;
    size_t failed;
};

/* `path` as seen from the project, on the heap; NULL when it lies elsewhere.
 * A link keeps its own name: an archive holds what is behind it. */
static char *
from_root(const struct plan *p, const char *path)
{
    char *real = strstr(path, "/../") == NULL ? mem_copy_str(path)
                                              : path_real(path);
    const char *root = path_is_below(real, p->c->root) ? p->c->root : p->root;
    char *shown = path_is_below(real, root)
                      ? mem_copy_str(path_below(real, root))
                      : NULL;
    free(real);
    return shown;
}

static int
add_sources(const struct plan *p, const struct module *m, struct list *files,
            struct err *e)
{
    for (size_t i = 0; i < m->sources.count; i++) {
        const char *path = m->sources.items[i];
        char *shown = from_root(p, path);
        if (shown == NULL) {
            return err_set(e, ERR_USAGE,
                           "module '%s' comes from %s, which is not in the "
                           "project's folder %s: a source distribution "
                           "cannot hold it",
                           m->name, path, p->root);
        }
        list_add_taken(files, shown);
    }
    return 0;
}

/* Whether a header lies in a virtual environment below the project: it is
 * another package's. */
static bool
is_in_venv(const struct plan *p, const char *shown)
{
    bool is_in = false;
    for (const char *at = shown; (at = strchr(at, '/')) != NULL; at++) {
        char *folder = mem_format("%s/%.*s", p->root, (int)(at - shown),
                                  shown);
        is_in |= graph_is_foreign(folder);
        free(folder);
    }
    return is_in;
}

/* The project's own headers behind the sources. */
static void
add_headers(const struct plan *p, const struct module *m, struct list *files)
{
    struct list dirs = LIST_INIT;
    struct list system = LIST_INIT;
    struct list found = LIST_INIT;
    struct include_search search = {&dirs, &system};
    list_add_all(&dirs, &m->includes);
    for (size_t i = 0; i < m->cflags.count; i++) {
        const char *flag = m->cflags.items[i];
        if (strncmp(flag, "-I", 2) == 0 && flag[2] != '\0') {
            list_add_taken(&dirs, path_join(p->c->root, flag + 2));
        }
    }
    includes_collect(&search, &m->sources, &found);
    for (size_t i = 0; i < found.count; i++) {
        char *real = path_real(found.items[i]);
        char *shown = from_root(p, real);
        if (shown != NULL && path_is_file(real) && !is_in_venv(p, shown)) {
            list_add_new(files, shown);
        }
        free(shown);
        free(real);
    }
    list_dispose(&found);
    list_dispose(&system);
    list_dispose(&dirs);
}

/* Flags that decide what the code means, as compile_cc gives them; how fast
 * and how debuggable it is, the build tool decides. */
static void
add_compile_flags(const struct job *j, struct list *flags)
{
    list_add(flags, "-fwrapv");
    if (!j->is_cxx) {
        list_add(flags, "-Werror=implicit-function-declaration");
    }
    if (j->plain_name != NULL) {
        list_add(flags, "-fvisibility=hidden");
        list_add(flags, "-Wno-unused-const-variable");
    }
    else {
        /* Not hidden: an init without PyMODINIT_FUNC must be found. */
        list_add(flags, "-fno-semantic-interposition");
    }
    if (j->std != NULL) {
        list_add_fmt(flags, "-std=%s", j->std);
    }
    list_add_all(flags, &j->flags);
}

/* What lies beside the binding of a plain module. */
struct stub {
    char *path;  /* NULL: the wheel gets none of ours */
    char *place; /* where a session writes it, seen from the project; NULL:
                    not in the project */
};

/* A stub that somebody has written stays the one. */
static int
write_stub(const struct plan *p, const struct module *m,
           const struct buf *text, struct stub *stub, struct err *e)
{
    char *place = pyi_place(m, p->c->root);
    char *path = mem_format("%s/%s.pyi", p->folder, m->name);
    int status = file_write(path, buf_text(text), text->len, e);
    if (status == 0 && pyi_look(place, path) != PYI_FOREIGN) {
        stub->place = from_root(p, place);
        stub->path = path;
        path = NULL;
    }
    free(path);
    free(place);
    return status;
}

/* Binding and stub, into the folder; 1 when there is no binding and why was
 * said. */
static int
bind(struct plan *p, struct module *m, struct list *sources,
     struct stub *stub, struct err *e)
{
    struct buf text = BUF_INIT;
    struct buf pyi = BUF_INIT;
    struct diag_list diags = DIAG_LIST_INIT;
    char *path = mem_format("%s/%s.binding.c", p->folder, m->name);
    int status = compile_expand(p->chain, &p->python, m, &text, &pyi, &diags,
                                e);
    report_diags(&diags);
    if (status == 0) {
        status = file_write(path, buf_text(&text), text.len, e);
        list_add(sources, path);
    }
    if (status == 0 && pyi.len > 0 && p->c->stubs) {
        status = write_stub(p, m, &pyi, stub, e);
    }
    free(path);
    diag_list_dispose(&diags);
    buf_dispose(&pyi);
    buf_dispose(&text);
    return status;
}

/* A raw module need not know of us. */
static bool
wants_cowbird(const struct list *sources)
{
    bool wants = false;
    for (size_t i = 0; i < sources->count && !wants; i++) {
        wants = plain_is_source(sources->items[i]);
    }
    return wants;
}

static void
add_extension(const struct plan *p, const struct job *j, const char *name,
              const struct list *sources, const struct list *headers,
              struct buf *out)
{
    struct list includes = LIST_INIT;
    struct list flags = LIST_INIT;
    struct list link = LIST_INIT;
    for (size_t i = 0; i < j->includes.count; i++) {
        const char *path = j->includes.items[i];
        char *shown = from_root(p, path);
        list_add_taken(&includes, shown == NULL ? mem_copy_str(path) : shown);
    }
    if (j->plain_include != NULL && wants_cowbird(&j->sources)) {
        list_add(&includes, j->plain_include);
    }
    add_compile_flags(j, &flags);
    list_add(&link, "-Wl,-Bsymbolic");
    list_add_all(&link, &j->link);
    buf_add_str(out, ",\"extension\":{\"name\":");
    json_add_str(out, name);
    const struct {
        const char *key;
        const struct list *items;
    } lists[] = {{"sources", sources},
                 {"depends", headers},
                 {"include_dirs", &includes},
                 {"extra_compile_args", &flags},
                 {"extra_link_args", &link}};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        buf_add_fmt(out, ",\"%s\":", lists[i].key);
        json_add_list(out, lists[i].items);
    }
    buf_add_fmt(out, ",\"language\":%s}", j->is_cxx ? "\"c++\"" : "null");
    list_dispose(&includes);
    list_dispose(&flags);
    list_dispose(&link);
}

/* How one module is compiled. */
static int
plan_module(struct plan *p, struct module *m, const struct list *sources,
            const struct list *headers, struct buf *out, struct err *e)
{
    struct job j;
    struct list all = LIST_INIT;
    struct stub stub = {NULL, NULL};
    if (job_init(&j, p->chain, &p->python, m, TIER_OPTIMISED, e) < 0) {
        return -1;
    }
    list_add_all(&all, sources);
    int status = m->kind == MODULE_PLAIN ? bind(p, m, &all, &stub, e)
                                         : 0;
    if (status == 0) {
        buf_add_str(out, ",\"stub\":");
        json_add_str(out, stub.path);
        buf_add_str(out, ",\"stub_place\":");
        json_add_str(out, stub.place);
        add_extension(p, &j, m->name, &all, headers, out);
    }
    p->failed += status > 0;
    free(stub.path);
    free(stub.place);
    list_dispose(&all);
    job_dispose(&j);
    return status < 0 ? -1 : 0;
}

static int
add_module(struct plan *p, struct module *m, struct buf *out, struct err *e)
{
    struct list sources = LIST_INIT;
    struct list headers = LIST_INIT;
    bool is_named = config_find(p->c, m->name) != NULL;
    int status = add_sources(p, m, &sources, e);
    if (status == 0) {
        add_headers(p, m, &headers);
        buf_add_str(out, "{\"name\":");
        json_add_str(out, m->name);
        buf_add_fmt(out, ",\"is_named\":%s,\"sources\":",
                    is_named ? "true" : "false");
        json_add_list(out, &sources);
        buf_add_str(out, ",\"headers\":");
        json_add_list(out, &headers);
        if (p->folder != NULL) {
            status = plan_module(p, m, &sources, &headers, out, e);
        }
        buf_add_str(out, "}");
    }
    list_dispose(&sources);
    list_dispose(&headers);
    return status;
}

static int
prepare(struct plan *p, struct err *e)
{
    if (graph_scan(&p->graph, &p->c->compile_paths, p->c, e) < 0) {
        return -1;
    }
    for (size_t i = 0; p->folder == NULL && i < p->graph.warnings.count; i++)
    {
        report_warning("%s", p->graph.warnings.items[i]);
    }
    if (p->folder == NULL) {
        return 0;
    }
    if (path_make_dirs(p->folder, 0777, e) < 0) {
        return -1;
    }
    p->chain = toolchain_new(p->c->cc, e);
    return p->chain == NULL
                   || python_find(&p->python, p->c->python, p->c->root, e) < 0
               ? -1
               : 0;
}

int
release_plan(const struct config *c, const struct release_options *o,
             struct buf *out, struct err *e)
{
    struct plan p = {.c = c, .root = path_real(c->root), .folder = o->folder};
    graph_init(&p.graph);
    /* not ours: its files are not looked at */
    int status = c->is_configured ? prepare(&p, e) : 0;
    const char *comma = "";
    size_t count = 0;
    buf_add_fmt(out, "{\"is_configured\":%s,\"modules\":[",
                c->is_configured ? "true" : "false");
    for (size_t i = 0; status == 0 && i < p.graph.module_count; i++) {
        struct module *m = p.graph.modules[i];
        if (!m->is_gone && (o->only->count == 0 || list_has(o->only, m->name)))
        {
            buf_add_str(out, comma);
            status = add_module(&p, m, out, e);
            comma = ",";
            count++;
        }
    }
    buf_add_str(out, "]}");
    if (status == 0 && p.failed > 0) {
        status = err_set(e, ERR_BUILD, "%zu of %zu module%s did not build",
                         p.failed, count, count == 1 ? "" : "s");
    }
    graph_dispose(&p.graph);
    toolchain_free(p.chain);
    python_dispose(&p.python);
    free(p.root);
    return status;
}
