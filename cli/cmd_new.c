/* cmd_new: `cowbird new NAME`: writes a C module and wires it into the app.
 *
 * Everything is looked at before anything is written.
 */
#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clang.h"
#include "common.h"
#include "guest.h"
#include "json.h"
#include "mem.h"
#include "parity_new.h"
#include "path.h"
#include "plain.h"
#include "python.h"
#include "scaffold.h"
#include "session.h"
#include "template.h"

struct new_options {
    const char *template_name;
    const char *dir;
    const char *from; /* "app.py:mean" */
    bool is_forced;
    bool wants_list;
};

struct new {
    struct common common;
    struct new_options options;
    struct opt_rest rest;
    struct config config;
    struct template_list templates;
    struct python python;
    struct scaffold scaffold;
    struct parity_new parity;
    const char *package; /* borrowed */
    struct buf help;
    struct list created; /* what --json tells of files */
    struct list updated;
};

static int
read_templates(struct new *n, struct err *e)
{
    n->package = guest_package(e);
    if (n->package == NULL) {
        return -1;
    }
    char *folder = path_join(n->package, "templates");
    int status = template_list_read(&n->templates, folder, e);
    free(folder);
    return status;
}

static void
print_result(const struct json *j)
{
    struct buf text = BUF_INIT;
    json_print(j, NULL, &text);
    report_result(buf_text(&text));
    buf_dispose(&text);
}

static void
list_templates(const struct new *n)
{
    struct json all = {.type = JSON_ARRAY};
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < n->templates.count; i++) {
        const struct template *t = &n->templates.items[i];
        struct json *item = json_put(&all, NULL, JSON_OBJECT);
        json_put_str(item, "name", t->name);
        json_put_str(item, "summary", t->summary);
        json_put_str(item, "holds", t->holds);
        buf_add_fmt(&text, "  %-12s%s%s\n", t->name, t->summary,
                    i == 0 ? " (the default)" : "");
    }
    if (n->common.json != NULL) {
        print_result(&all);
    }
    else {
        report_text(true, buf_text(&text));
    }
    buf_dispose(&text);
    json_dispose(&all);
}

static const struct template *
choose_template(struct new *n, struct err *e)
{
    const char *wanted = n->options.template_name;
    const struct template *t
        = template_find(&n->templates, wanted == NULL ? "plain" : wanted);
    if (t == NULL) {
        const char *near = template_near(&n->templates, wanted);
        if (near != NULL) {
            buf_add_fmt(&n->help, "did you mean '%s'?", near);
        }
        else {
            buf_add_str(&n->help, "'cowbird new --list' shows them");
        }
        err_set(e, ERR_USAGE, "there is no template '%s'", wanted);
    }
    return t;
}

/* Where `run` will find it: here, unless the project compiles other folders
 * only. */
static const char *
usual_folder(const struct new *n)
{
    const struct list *paths = &n->config.compile_paths;
    char *here = path_real(".");
    bool is_compiled = here == NULL || paths->count == 0;
    for (size_t i = 0; i < paths->count && !is_compiled; i++) {
        is_compiled = strcmp(here, paths->items[i]) == 0
                      || path_is_below(here, paths->items[i]);
    }
    free(here);
    return is_compiled ? "." : paths->items[0];
}

/* Where the module goes and whether it may; nothing is written yet. */
static int
plan(struct new *n, const char *word, struct err *e)
{
    const char *base = n->options.dir == NULL ? usual_folder(n)
                                              : n->options.dir;
    return scaffold_plan(&n->scaffold, word, base, &n->help, e) == 0
                   && scaffold_check(&n->scaffold, &n->python,
                                     n->options.is_forced, &n->help, e)
                          == 0
               ? 0
               : -1;
}

/* The app that is most likely meant. */
static const char *
guess_app(void)
{
    static const char *const names[] = {"app.py", "main.py", "server.py",
                                        "asgi.py", "wsgi.py"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (path_is_file(names[i])) {
            return names[i];
        }
    }
    return names[0];
}

static void
put_list(struct json *j, const char *name, const struct list *items)
{
    struct json *array = json_put(j, name, JSON_ARRAY);
    for (size_t i = 0; i < items->count; i++) {
        json_put_str(array, NULL, items->items[i]);
    }
}

static void
print_done(const struct new *n, const char *template_name, const char *use,
           const char *then)
{
    struct json j = {.type = JSON_OBJECT};
    json_put_str(&j, "module", n->scaffold.module);
    json_put_str(&j, "template", template_name);
    put_list(&j, "created", &n->created);
    put_list(&j, "updated", &n->updated);
    json_put_str(&j, "use", use);
    json_put_str(&j, "then", then);
    print_result(&j);
    json_dispose(&j);
}

static void
say_next(const struct new *n, const char *template_name, const char *names)
{
    const char *usual = usual_folder(n);
    bool is_told = n->options.dir == NULL && strcmp(usual, ".") != 0;
    const char *dir = n->options.dir == NULL ? "." : n->options.dir;
    char *use = mem_format("from %s import %s", n->scaffold.module, names);
    char *then
        = n->parity.test != NULL
              ? mem_format("cowbird run -- pytest %s",
                           path_below(n->parity.test, n->config.root))
          : is_told ? mem_format("cowbird run %s --dev", guess_app())
                    : mem_format("cowbird run %s --compile-path=%s --dev",
                                 guess_app(), dir);
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, "Use it:   %s\n", use);
    for (size_t i = 0; i < n->parity.parity.passed.count; i++) {
        buf_add_fmt(&text, "Pass:     %s, which was a list\n",
                    n->parity.parity.passed.items[i]);
    }
    buf_add_fmt(&text, "Then:     %s\n", then);
    if (!n->common.quiet) {
        report_text(false, buf_text(&text));
    }
    if (n->common.json != NULL) {
        print_done(n, template_name, use, then);
    }
    buf_dispose(&text);
    free(use);
    free(then);
}

/* One line about a file: at its place in the project, with what it is for. */
static void
say_file(const struct new *n, const char *verb, const char *path,
         const char *what, struct list *files)
{
    const char *shown = path_below(path, n->config.root);
    report_setup(verb, "%-22s  %s", shown, what);
    list_add(files, shown);
}

static int
merge_entry(const struct new *n, enum database_result *done, struct err *e)
{
    struct list includes = LIST_INIT;
    list_add_fmt(&includes, "%s/runtime/include", n->package);
    list_add(&includes, n->python.include);
    list_add_new(&includes, n->python.platinclude);
    int status = scaffold_describe(&n->scaffold, &includes, n->config.root,
                                   done, e);
    list_dispose(&includes);
    return status;
}

/* The editor's half is worth a warning, never a failure. */
static void
describe(struct new *n)
{
    struct err e = ERR_INIT;
    enum database_result done;
    if (merge_entry(n, &done, &e) < 0) {
        report_warning("%s; left as it is, so clangd may not find headers",
                       e.text);
        return;
    }
    if (!n->python.has_headers) {
        report_warning("no Python.h in %s: 'cowbird doctor' names the "
                       "package",
                       n->python.include);
    }
    if (done != DATABASE_SAME) {
        bool is_new = done == DATABASE_CREATED;
        char *path = path_join(n->config.root, "compile_commands.json");
        say_file(n, is_new ? "create" : "update", path,
                 "so that clangd finds Python.h",
                 is_new ? &n->created : &n->updated);
        free(path);
    }
}

/* What a plain module is read with may be missing. */
static void
warn_of_libclang(const struct new *n)
{
    struct err e = ERR_INIT;
    if (plain_is_source(n->scaffold.source)) {
        char *library = clang_find(&n->python, &e);
        if (library == NULL) {
            report_warning("%s", e.text);
        }
        free(library);
    }
}

/* A session of this project that would never see the file is a surprise. */
static void
warn_of_sessions(const struct new *n)
{
    struct session_info *infos = NULL;
    size_t count = 0;
    const char *root = n->config.root;
    session_list(&infos, &count, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct session_info *s = &infos[i];
        if (strcmp(s->root, root) == 0 && s->compile_paths.count > 0
            && !session_compiles(s, n->scaffold.source))
        {
            const char *dir = path_below(s->compile_paths.items[0], root);
            report_warning("the session that runs (pid %ld) compiles what is "
                           "below %s and will not see this module: 'cowbird "
                           "new --dir %s %s' writes it there",
                           s->pid, dir, dir, n->scaffold.module);
        }
    }
    for (size_t i = 0; i < count; i++) {
        session_info_dispose(&infos[i]);
    }
    free(infos);
}

static int
create(struct new *n, struct err *e)
{
    const struct template *t = choose_template(n, e);
    if (t == NULL || plan(n, n->rest.words.items[0], e) < 0) {
        return -1;
    }
    bool was_there = path_is_file(n->scaffold.source);
    if (scaffold_write(&n->scaffold, t, n->options.is_forced, e) < 0) {
        return -1;
    }
    say_file(n, was_there ? "replace" : "create", n->scaffold.source,
             t->holds, was_there ? &n->updated : &n->created);
    describe(n);
    warn_of_libclang(n);
    warn_of_sessions(n);
    say_next(n, t->name, t->use);
    return 0;
}

/* The module named or, without a name, fast_<function>. */
static char *
name_replacement(const struct new *n)
{
    return n->rest.words.count > 0
               ? mem_copy_str(n->rest.words.items[0])
               : mem_format("fast_%s", n->parity.function.name);
}

static int
create_from(struct new *n, struct err *e)
{
    struct parity_new *p = &n->parity;
    bool is_forced = n->options.is_forced;
    if (parity_new_read(p, n->options.from, &n->python, &n->help, e) < 0) {
        return -1;
    }
    char *templates = path_join(n->package, "templates");
    char *word = name_replacement(n);
    int status = plan(n, word, e);
    if (status == 0) {
        status = parity_new_plan(p, &n->scaffold, templates, is_forced,
                                 &n->help, e);
    }
    bool had_source = status == 0 && path_is_file(n->scaffold.source);
    bool had_test = status == 0 && path_is_file(p->test);
    if (status == 0) {
        status = parity_new_write(p, &n->scaffold, is_forced, e);
    }
    if (status == 0) {
        say_file(n, had_source ? "replace" : "create", n->scaffold.source,
                 "the C function, still without a body",
                 had_source ? &n->updated : &n->created);
        say_file(n, had_test ? "replace" : "create", p->test,
                 "runs both on the same inputs",
                 had_test ? &n->updated : &n->created);
        describe(n);
        warn_of_libclang(n);
        warn_of_sessions(n);
        say_next(n, "parity", p->function.name);
    }
    free(word);
    free(templates);
    return status;
}

/* A word too many or too few; 0: none. */
static int
check_words(const struct new *n)
{
    size_t words = n->rest.words.count;
    const struct new_options *o = &n->options;
    if (n->rest.has_dashes || (o->wants_list && words > 0) || words > 1) {
        return common_misuse("new", "one name a call, without spaces",
                             "too many words");
    }
    if (o->from != NULL && o->template_name != NULL) {
        return common_misuse("new", NULL,
                             "--from and --template exclude each other");
    }
    if (words == 0 && !o->wants_list && o->from == NULL) {
        return common_misuse("new", "for example: cowbird new scoring",
                             "the name of the module is missing");
    }
    return STATUS_DONE;
}

static int
run(struct new *n)
{
    struct err e = ERR_INIT;
    int status = check_words(n);
    if (status != STATUS_DONE) {
        return status;
    }
    if (read_templates(n, &e) < 0) {
        return common_fail(&e, NULL);
    }
    if (n->options.wants_list) {
        list_templates(n);
        return STATUS_DONE;
    }
    if (python_find(&n->python, n->config.python, n->config.root, &e) < 0
        || (n->options.from != NULL ? create_from(n, &e) : create(n, &e)) < 0)
    {
        return common_fail(&e, n->help.len > 0 ? n->help.data : NULL);
    }
    return STATUS_DONE;
}

int
cmd_new(size_t count, char **argv)
{
    struct new n = {.common = COMMON_INIT, .parity = PARITY_NEW_INIT};
    const struct opt table[] = {
        {OPT_STRING, "template", NULL, 't', &n.options.template_name, "T",
         "what to begin with (default: plain)"},
        {OPT_STRING, "dir", NULL, 'd', &n.options.dir, "DIR",
         "write below this folder, made when it is not there (default: here, "
         "or the compile-path of pyproject.toml)"},
        {OPT_STRING, "from", NULL, 0, &n.options.from, "FILE:FUNCTION",
         "the C for a Python function, and a test that compares them"},
        {OPT_FLAG, "force", NULL, 'f', &n.options.is_forced, NULL,
         "replace a file that is there"},
        {OPT_FLAG, "list", NULL, 'l', &n.options.wants_list, NULL,
         "show the templates"},
        COMMON_OPTIONS(n.common),
        OPT_END,
    };
    int status;
    if (!common_begin(&n.common, "new", table, OPT_ANYWHERE, count, argv,
                      &n.rest, &n.config, &status))
    {
        return status;
    }
    status = run(&n);
    buf_dispose(&n.help);
    list_dispose(&n.created);
    list_dispose(&n.updated);
    scaffold_dispose(&n.scaffold);
    parity_new_dispose(&n.parity);
    python_dispose(&n.python);
    template_list_dispose(&n.templates);
    common_end(&n.common, &n.rest, &n.config);
    return status;
}
