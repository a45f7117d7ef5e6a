/* dev: a session's beginning and end, from the first compile to the last
 * process. See dev.h.
 */
#include "dev.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "canary.h"
#include "clock.h"
#include "common.h"
#include "extensions.h"
#include "mem.h"
#include "outcome.h"
#include "path.h"
#include "reloader.h"
#include "report.h"
#include "trace.h"
#include "warm.h"

/* -- beginning ------------------------------------------------------------ */

/* Compiles everything optimised; an array in the graph's order, or NULL. */
static struct build *
first_builds(struct dev *d, const struct target *t, struct err *e)
{
    struct build *builds = NULL;
    int64_t started = clock_now_ns();
    if (compile_all(d->chain, &t->python, d->graph, TIER_OPTIMISED,
                    d->env.jobs, NULL, NULL, &builds, e) < 0)
    {
        free(builds);
        return NULL;
    }
    outcome_report_builds(builds, d->graph->module_count,
                          clock_now_ns() - started);
    for (size_t i = 0; i < d->graph->module_count; i++) {
        trace_compile(&builds[i].spans, d->graph->modules[i]->name);
    }
    return builds;
}

/* Makes generation 1 of them. */
static int
first_generation(struct dev *d, struct target *t, struct build *builds,
                 struct err *e)
{
    struct graph *g = d->graph;
    int status = 0;
    for (size_t i = 0; i < g->module_count; i++) {
        struct build *b = &builds[i];
        struct served *v = target_get(t, g->modules[i]);
        struct staged staged = {.served = NULL};
        if (b->module == NULL) {
            continue;
        }
        graph_set_headers(g, g->modules[i], &b->headers);
        saves_watch_files(d, g->modules[i]);
        if (b->is_stale) {
            graph_doubt(g->modules[i]);
            module_set_add(&d->retry, g->modules[i]);
        }
        if (b->is_good && target_stage(t, v, b, &staged, e) == 0) {
            target_commit(t, &staged);
            g->modules[i]->phase = MODULE_LIVE;
        }
        else if (b->is_good) {
            status = -1;
        }
        else {
            target_fail(t, v, b, d->config->root);
            g->modules[i]->phase = MODULE_FAILED;
        }
    }
    return status < 0 ? -1 : target_write_manifest(t, e);
}

/* Before the app and its reloader run, so that nobody restarts for it. */
static void
write_beside(struct dev *d, const struct build *builds)
{
    for (size_t i = 0; i < d->graph->module_count; i++) {
        beside_stub(&d->beside, &builds[i], NULL);
    }
    beside_say(&d->beside, false);
    beside_enter(&d->beside, d->graph);
}

/* What becomes sys.path[0] in the app. */
static char *
first_path(const struct dev *d)
{
    if (d->app == NULL) {
        return path_real(".");
    }
    char *real = path_real(d->app);
    if (path_is_dir(real)) {
        return real; /* holds __main__.py */
    }
    char *dir = path_dir(real);
    free(real);
    return dir;
}

/* A command may stand in a folder that is no project. */
static bool
is_home(const char *folder)
{
    const char *home = getenv("HOME");
    char *real = home == NULL || home[0] == '\0' ? NULL : path_real(home);
    bool is = strcmp(folder, "/") == 0
              || (real != NULL && strcmp(folder, real) == 0);
    free(real);
    return is;
}

/* Whether Python outside the compile paths restarts the app; `command` is
 * NULL for an app. */
static bool
watches_app_folder(const struct dev *d, const struct list *command)
{
    bool is_left = d->config->py_reload == PY_RELOAD_OFF
                   || (d->config->py_reload == PY_RELOAD_AUTO
                       && command != NULL
                       && reloader_of_words(command) != NULL);
    return d->app != NULL || (!is_left && !is_home(d->app_folder));
}

static int
watch_all(struct dev *d, const struct list *command, struct err *e)
{
    struct watch_options o = {.is_interesting = saves_is_interesting,
                              .on_change = saves_take,
                              .data = d,
                              .force_polling = d->config->force_polling};
    d->watch = watch_new(d->loop, &o, e);
    if (d->watch == NULL) {
        return -1;
    }
    for (size_t i = 0; i < d->graph->roots.count; i++) {
        if (watch_add(d->watch, d->graph->roots.items[i], e) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < d->extensions->files.count; i++) {
        watch_add_file(d->watch, d->extensions->files.items[i]);
    }
    config_saves_watch(d);
    const char *first = d->app_folder = first_path(d);
    int status = 0;
    bool is_covered = false;
    for (size_t i = 0; i < d->graph->roots.count; i++) {
        const char *root = d->graph->roots.items[i];
        is_covered |= strcmp(first, root) == 0 || path_is_below(first, root);
    }
    if (watches_app_folder(d, command) && !is_covered) {
        status = watch_add(d->watch, first, e);
    }
    return status;
}

static void
report_ready(struct dev *d, int64_t started_ns)
{
    char *took = outcome_duration(clock_now_ns() - started_ns);
    report_setup("cowbird " COWBIRD_VERSION, "ready in %s", took);
    free(took);
    size_t sources = 0;
    for (size_t i = 0; i < d->graph->module_count; i++) {
        sources += d->graph->modules[i]->sources.count;
    }
    const char *tcc = toolchain_tcc_version(d->chain);
    const char *cc = toolchain_cc(d->chain);
    char *where = list_join(&d->config->compile_paths, ", ");
    bool is_fast = d->env.tier == TIER_FAST && tcc != NULL;
    char *shown = d->config->compile_paths.count == 1
                      ? mem_copy_str(path_below(where, d->config->root))
                      : mem_copy_str(where);
    if (strcmp(where, d->config->root) == 0) {
        free(shown);
        shown = mem_copy_str(".");
    }
    report_setup("watch", "%s (%zu source%s)       compiler %s%s%s%s", shown,
                 sources, sources == 1 ? "" : "s",
                 is_fast ? "tcc" : cc == NULL ? "none" : cc,
                 is_fast && cc != NULL ? ", fallback " : "",
                 is_fast && cc != NULL ? "cc" : "",
                 strcmp(watch_method(d->watch), "polling") == 0
                     ? ", by polling"
                     : "");
    if (watch_reason(d->watch)[0] != '\0') {
        report_warning("watching by polling: %s", watch_reason(d->watch));
    }
    const char *reloader = reloader_of_words(&d->launch.argv);
    report_setup("reload", "%s",
                 d->config->py_reload == PY_RELOAD_OFF
                     ? "Python changes do not restart the app "
                       "(--py-reload=off)"
                 : reloader != NULL && d->config->py_reload == PY_RELOAD_AUTO
                     ? reloader
                 : watches_app_folder(d, &d->launch.argv)
                     ? "Python changes restart the app"
                     : "Python changes in the compile paths restart the "
                       "app");
    char *blindness = launch_blindness(&d->launch,
                                       &d->env.targets[0]->python);
    if (blindness != NULL) {
        report_warning("%s", blindness);
    }
    free(blindness);
    const char *conflict = reloader_conflict(&d->launch.argv);
    if (conflict != NULL) {
        report_warning("%s", conflict);
    }
    free(shown);
    free(where);
}

static void
begin_env(struct dev *d)
{
    d->env.loop = d->loop;
    d->env.chain = d->chain;
    d->env.warm = warm_new(d->loop);
    d->env.jobs = d->config->jobs > 0
                      ? d->config->jobs
                      : (int)sysconf(_SC_NPROCESSORS_ONLN);
    bool is_pinned = strcmp(d->config->cc, "auto") != 0
                     && strcmp(d->config->cc, "tcc") != 0;
    d->env.tier = is_pinned ? TIER_OPTIMISED : TIER_FAST;
}

static int
begin(struct dev *d, const struct dev_options *o, struct err *e)
{
    begin_env(d);
    struct target *t = mem_new(sizeof(*t));
    if (target_init(t, &d->session, d->chain, o->python, e) < 0) {
        free(t);
        return -1;
    }
    d->env.targets = mem_resize(NULL, 1, sizeof(*d->env.targets));
    d->env.targets[0] = t;
    d->env.target_count = 1;
    /* Watching starts before the first read of any digest is used: an edit
     * during the first compile is seen. */
    struct build *builds = watch_all(d, o->command, e) < 0
                               ? NULL
                               : first_builds(d, t, e);
    if (builds == NULL) {
        return -1;
    }
    /* Only now is there something that an interrupt would leave behind. */
    app_open_signals(d);
    int status = session_open(&d->session, d->config->root,
                              &d->config->compile_paths, e);
    if (status == 0) {
        status = first_generation(d, t, builds, e);
    }
    if (status == 0 && d->config->stubs) {
        d->beside.python = &t->python;
        write_beside(d, builds);
    }
    for (size_t i = 0; i < d->graph->module_count; i++) {
        build_dispose(&builds[i]);
    }
    free(builds);
    if (status < 0
        || launch_init(&d->launch, &t->python, o->app, o->words, o->command,
                       d->session.dir, e) < 0)
    {
        return -1;
    }
    struct peer_handler handler;
    workers_handler(d, &handler);
    d->peers = peers_new(d->loop, d->session.listen_fd, &handler);
    crash_records_watch(d);
    d->env.peers = d->peers;
    char *first = first_path(d);
    t->canary = canary_new(d->loop, &t->python, t->guest, d->session.dir,
                           first);
    free(first);
    d->beside.held_by = reloader_of_any_file(&d->launch.argv);
    report_ready(d, o->started_ns);
    if (app_begin(d, e) < 0) {
        return -1;
    }
    saves_pump(d); /* what was saved during the first compile */
    return 0;
}

static int
run(struct dev *d, struct err *e)
{
    ahead_begin(d);
    return d->is_over ? 0 : loop_run(d->loop, e);
}

/* -- end ------------------------------------------------------------------ */

static void
end(struct dev *d)
{
    if (d->child.pid > 0) {
        child_signal(&d->child, SIGKILL);
        waitpid(d->child.pid, NULL, 0);
        d->child.pid = 0;
    }
    if (d->child.launch != NULL) { /* it was started once */
        child_sweep(&d->child, APP_SWEEP_MS);
    }
    if (d->txn != NULL && txn_can_cancel(d->txn)) {
        txn_cancel(d->txn);
    }
    else {
        txn_free(d->txn);
    }
    ahead_dispose(d);
    tiers_dispose(d);
    if (d->peers != NULL) {
        recordings_dispose(d);
    }
    warm_free(d->env.warm);
    watch_free(d->watch);
    free(d->app_folder);
    free(d->pyproject);
    crash_records_end(d);
    peers_free(d->peers);
    for (size_t i = 0; i < d->env.target_count; i++) {
        target_dispose(d->env.targets[i]);
        free(d->env.targets[i]);
    }
    free(d->env.targets);
    launch_dispose(&d->launch);
    session_close(&d->session);
    saves_dispose(d);
    crashes_dispose(d);
    beside_dispose(&d->beside);
    loop_free(d->loop);
}

/* The app's own status, or its death repeated. */
static int
pass_on(const struct dev *d)
{
    if (!d->has_status) {
        return 130;
    }
    if (!WIFSIGNALED(d->wait_status)) {
        return WEXITSTATUS(d->wait_status);
    }
    int number = WTERMSIG(d->wait_status);
    struct rlimit none = {0, 0};
    sigset_t set;
    setrlimit(RLIMIT_CORE, &none); /* the app has left its own */
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    report_dispose();
    trace_close();
    kill(getpid(), number);
    return 128 + number;
}

int
dev_run(const struct dev_options *o)
{
    struct dev d = {.config = o->config,
                    .chain = o->chain,
                    .extensions = o->extensions,
                    .graph = o->graph,
                    .app = o->app,
                    .beside = {.config = o->config, .chain = o->chain},
                    .signal_fd = -1,
                    .records_fd = -1};
    struct err e = ERR_INIT;
    d.session.lock_fd = -1;
    d.session.listen_fd = -1;
    d.loop = loop_new();
    int status = 0;
    if (begin(&d, o, &e) < 0 || run(&d, &e) < 0) {
        status = common_fail(&e, NULL);
    }
    end(&d);
    if (d.signal_fd >= 0) {
        close(d.signal_fd);
        sigprocmask(SIG_SETMASK, &d.given, NULL);
    }
    return status != 0 ? status : pass_on(&d);
}
