/* cmd_bench: `cowbird bench MODULE.FUNCTION`: which build of a function is how
 * quick, on the same calls. */
#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common.h"
#include "compile.h"
#include "extensions.h"
#include "graph.h"
#include "measure.h"
#include "mem.h"
#include "path.h"
#include "python.h"
#include "recorded.h"
#include "variant.h"

#define ROUNDS 4
#define CALLS 20
#define WAIT_S 10

struct bench {
    struct common common;
    struct opt_rest rest;
    struct config config;
    const char *args;    /* --args, or NULL: recorded ones */
    const char *session; /* --session, or NULL */
    struct list flags;
    int rounds, calls, wait_s;
    struct recorded recorded; /* without `executable`: no session */
    char *module_name;
    const char *function; /* in rest.words */
    struct toolchain *chain;
    struct python python;
    struct extensions extensions;
    struct graph graph;
    struct module *module; /* borrowed from the graph */
    struct variants variants;
    struct diag_list diags;
    struct buf help;
};

/* "pkg.geo.distance": the function of a module. */
static int
split_name(struct bench *b, const char *word, struct err *e)
{
    const char *dot = strrchr(word, '.');
    if (dot == NULL || dot == word || dot[1] == '\0') {
        return err_set(e, ERR_USAGE, "'%s' is no MODULE.FUNCTION", word);
    }
    b->module_name = mem_copy_range(word, (size_t)(dot - word));
    b->function = dot + 1;
    return 0;
}

static int
refuse_module(struct bench *b, struct err *e)
{
    struct list names = LIST_INIT;
    for (size_t i = 0; i < b->graph.module_count; i++) {
        list_add(&names, b->graph.modules[i]->name);
    }
    const char *near = opt_near(b->module_name,
                                (const char *const *)list_argv(&names));
    char *joined = list_join(&names, ", ");
    char *where = list_join(&b->config.compile_paths, ", ");
    if (near != NULL) {
        buf_add_fmt(&b->help, "did you mean '%s.%s'?", near, b->function);
    }
    else if (names.count > 0) {
        buf_add_fmt(&b->help, "there are: %s", joined);
    }
    err_set(e, ERR_USAGE, "no native module '%s' below %s", b->module_name,
            where);
    free(where);
    free(joined);
    list_dispose(&names);
    return -1;
}

/* Every build is wanted: a pinned tcc leaves cc out. */
static const char *
compilers_of(const struct bench *b)
{
    bool is_tcc = b->config.cc != NULL && strcmp(b->config.cc, "tcc") == 0;
    return is_tcc ? NULL : b->config.cc;
}

/* Without --args the session has to be there. */
static int
ask_session(struct bench *b, struct err *e)
{
    struct buf help = BUF_INIT;
    int fd = client_connect(&b->config, b->session, &help, e);
    int status = -1;
    if (fd >= 0) {
        status = recorded_served(&b->recorded, fd, b->module_name, &b->help,
                                 e);
        close(fd);
    }
    else if (b->args != NULL && b->session == NULL) {
        err_clear(e);
        status = 0;
    }
    else {
        bool is_one_of_many = strstr(buf_text(&help), "--session") != NULL;
        buf_add_fmt(&b->help, "%s%s", buf_text(&help),
                    is_one_of_many || b->session != NULL
                        ? ""
                        : "\nor give arguments by hand: --args \"(…)\"");
    }
    buf_dispose(&help);
    return status;
}

static int
find_python(struct bench *b, struct err *e)
{
    if (b->recorded.executable == NULL) {
        return python_find(&b->python, b->config.python, b->config.root, e);
    }
    if (python_probe(&b->python, b->recorded.executable, e) < 0) {
        return -1;
    }
    b->python.origin = mem_copy_str("the session's");
    return 0;
}

static int
find_parts(struct bench *b, struct err *e)
{
    b->chain = toolchain_new(compilers_of(b), e);
    if (b->chain == NULL || find_python(b, e) < 0) {
        return -1;
    }
    toolchain_limit(b->chain, b->config.compile_seconds);
    toolchain_optimise(b->chain, &b->config.optimise);
    extensions_read(&b->extensions, &b->config, &b->python);
    b->graph.extensions = &b->extensions;
    if (graph_scan(&b->graph, &b->config.compile_paths, &b->config, e) < 0) {
        return -1;
    }
    b->module = graph_find(&b->graph, b->module_name);
    return b->module == NULL ? refuse_module(b, e) : 0;
}

static bool
is_there(const char *artefact)
{
    return artefact != NULL && artefact[0] != '\0' && path_is_file(artefact);
}

/* What the session has, beside what was just built. */
static void
enter_served(struct bench *b)
{
    const struct recorded *r = &b->recorded;
    struct variants *v = &b->variants;
    char content[DIGEST_TEXT];
    digest_text(&v->content, content);
    if (is_there(r->former)) {
        variants_enter(v, "previous save", r->former_compiler, r->former);
        if (strcmp(r->former_compiler, r->compiler) != 0) {
            list_add_fmt(&v->notes,
                         "the previous save was built by %s, what serves by "
                         "%s",
                         r->former_compiler, r->compiler);
        }
    }
    if (!is_there(r->artefact)) {
        variants_serve(v, &v->items[0]);
        return;
    }
    variants_serve(v, variants_enter(v, "live", r->compiler, r->artefact));
    if (strcmp(content, r->content) != 0) {
        list_add(&v->notes, "what is live was not built from the sources as "
                            "they are now: 'cowbird status' says why");
    }
}

static int
build(struct bench *b, struct err *e)
{
    const struct variant_options o = {.chain = b->chain,
                                      .python = &b->python,
                                      .module = b->module,
                                      .flags = &b->flags};
    if (variants_build(&b->variants, &o, &b->diags, e) < 0) {
        report_diags(&b->diags);
        return -1;
    }
    if (b->recorded.executable != NULL) {
        enter_served(b);
    }
    else {
        variants_serve(&b->variants, &b->variants.items[0]);
    }
    return 0;
}

static int
record(struct bench *b, struct err *e)
{
    const struct recorded_order o
        = {.module = b->module_name,
           .function = b->function,
           .calls = b->calls > 0 ? b->calls : CALLS,
           .wait_s = b->wait_s > 0 ? b->wait_s : WAIT_S};
    int fd = client_connect(&b->config, b->session, &b->help, e);
    if (fd < 0) {
        return -1;
    }
    int status = recorded_calls(&b->recorded, fd, &o, &b->help, e);
    close(fd);
    if (status == 0) {
        report_setup("calls", "%zu recorded", b->recorded.calls.count);
    }
    if (status == 0 && b->recorded.lost > 0) {
        list_add_fmt(&b->variants.notes,
                     "the arguments of %zu call%s could not be kept: %s",
                     b->recorded.lost, b->recorded.lost == 1 ? "" : "s",
                     b->recorded.lost_why);
    }
    return status;
}

static void
show(const struct bench *b, const struct measure *m)
{
    struct buf text = BUF_INIT;
    if (b->common.json != NULL) {
        measure_json(m, &b->variants, &text);
        report_result(buf_text(&text));
    }
    else {
        measure_table(m, &b->variants, &text);
        report_text(true, buf_text(&text));
    }
    buf_dispose(&text);
}

static int
measure(struct bench *b, struct err *e)
{
    struct list paths = LIST_INIT;
    bool is_recorded = b->args == NULL;
    struct measure m = {.python = &b->python,
                        .module = b->module_name,
                        .function = b->function,
                        .expression = b->args,
                        .calls = &b->recorded.calls,
                        .paths = is_recorded ? &b->recorded.paths : &paths,
                        .folder = is_recorded ? b->recorded.folder : NULL,
                        .modules = &b->recorded.modules,
                        .rounds = b->rounds > 0 ? b->rounds : ROUNDS};
    list_add_all(&paths, &b->config.compile_paths);
    list_add_new(&paths, b->config.root);
    int status = measure_run(&m, &b->variants, &b->help, e);
    if (status == 0) {
        show(b, &m);
    }
    measure_dispose(&m);
    list_dispose(&paths);
    return status;
}

static int
run(struct bench *b, struct err *e)
{
    if (ask_session(b, e) < 0 || find_parts(b, e) < 0) {
        return -1;
    }
    report_setup("python", "CPython %s (%s)", b->python.version,
                 b->python.origin);
    return build(b, e) < 0 || (b->args == NULL && record(b, e) < 0)
               ? -1
               : measure(b, e);
}

static int
begin(struct bench *b)
{
    struct err e = ERR_INIT;
    if (b->rest.words.count != 1) {
        return common_misuse("bench", NULL, "bench takes one MODULE.FUNCTION");
    }
    if (split_name(b, b->rest.words.items[0], &e) < 0) {
        return common_misuse("bench", NULL, "%s", e.text);
    }
    if (run(b, &e) < 0) {
        return common_fail(&e, b->help.len > 0 ? buf_text(&b->help) : NULL);
    }
    return STATUS_DONE;
}

int
cmd_bench(size_t count, char **argv)
{
    struct bench b = {.common = COMMON_INIT};
    const struct opt table[] = {
        {OPT_STRING, "args", NULL, 0, &b.args, "EXPR",
         "the arguments, as a Python tuple: \"(1, [2.0])\""},
        {OPT_NUMBER, "calls", NULL, 0, &b.calls, "N",
         "without --args: calls of the running app to record: 20"},
        {OPT_NUMBER, "wait", NULL, 0, &b.wait_s, "SECONDS",
         "how long to wait for them: 10"},
        {OPT_STRING, "session", NULL, 0, &b.session, "ID",
         "which of several sessions"},
        {OPT_LIST, "flags", NULL, 0, &b.flags, "WORDS",
         "one more build with these flags (repeatable)"},
        {OPT_NUMBER, "rounds", NULL, 0, &b.rounds, "N",
         "turns that each build takes: 4"},
        COMPILE_PATH_OPTION(b.common),
        COMMON_OPTIONS(b.common),
        OPT_END,
    };
    int status = STATUS_DONE;
    if (!common_begin(&b.common, "bench", table, OPT_ANYWHERE, count, argv,
                      &b.rest, &b.config, &status))
    {
        list_dispose(&b.flags);
        return status;
    }
    graph_init(&b.graph);
    status = begin(&b);
    variants_dispose(&b.variants);
    recorded_dispose(&b.recorded);
    diag_list_dispose(&b.diags);
    buf_dispose(&b.help);
    free(b.module_name);
    graph_dispose(&b.graph);
    extensions_dispose(&b.extensions);
    toolchain_free(b.chain);
    python_dispose(&b.python);
    list_dispose(&b.flags);
    common_end(&b.common, &b.rest, &b.config);
    return status;
}
