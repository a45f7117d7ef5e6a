/* doctor: what may keep cowbird from working on this machine and in this
 * project, each with its one-line fix. Looks by doing: it builds a module,
 * opens a session, asks the kernel. Exit status 1 when something fails.
 */
#include "commands.h"

#include "common.h"
#include "doctor.h"
#include "extensions.h"
#include "finding.h"
#include "graph.h"
#include "mem.h"
#include "python.h"

static void
examine(struct findings *f, const struct config *c,
        const struct list *command)
{
    struct python p = {.asked = NULL};
    struct graph g;
    struct extensions x = EXTENSIONS_INIT;
    struct err e = ERR_INIT;
    graph_init(&g);
    if (doctor_python(f, c, command, &p)) {
        doctor_compilers(f, c, &p);
        doctor_libclang(f, &p);
        extensions_read(&x, c, &p);
        g.extensions = &x;
    }
    for (size_t i = 0; i < x.warnings.count; i++) {
        finding_add(f, HEALTH_WARN, "setup.py", "%s", x.warnings.items[i]);
    }
    if (graph_scan(&g, &c->compile_paths, c, &e) < 0) {
        finding_add(f, HEALTH_FAIL, "sources", "%s", e.text);
    }
    else {
        doctor_inotify(f, c, &g);
    }
    doctor_cache(f);
    doctor_session(f, c);
    doctor_reloaders(f, c, command);
    doctor_modules(f, &g);
    graph_dispose(&g);
    extensions_dispose(&x);
    python_dispose(&p);
}

/* "1 failed, 1 warning"; nothing when all is well. */
static void
say_counts(const struct findings *f)
{
    size_t failed = finding_count(f, HEALTH_FAIL);
    size_t warnings = finding_count(f, HEALTH_WARN);
    struct buf line = BUF_INIT;
    if (failed > 0) {
        buf_add_fmt(&line, "%zu failed", failed);
    }
    if (warnings > 0) {
        buf_add_fmt(&line, "%s%zu warning%s", failed > 0 ? ", " : "",
                    warnings, warnings == 1 ? "" : "s");
    }
    if (line.len > 0) {
        buf_add_str(&line, "\n");
        report_text(false, buf_text(&line));
    }
    buf_dispose(&line);
}

static void
say(const struct findings *f, bool is_json)
{
    if (is_json) {
        struct buf text = BUF_INIT;
        finding_to_json(f, &text);
        report_result(buf_text(&text));
        buf_dispose(&text);
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *row = &f->items[i];
        report_health(row->health, row->subject, row->text, row->fix);
    }
    say_counts(f);
}

int
cmd_doctor(size_t count, char **argv)
{
    struct common c = COMMON_INIT;
    struct config config;
    struct opt_rest rest;
    struct findings f = FINDINGS_INIT;
    const struct opt table[] = {COMPILE_PATH_OPTION(c), COMMON_OPTIONS(c),
                                OPT_END};
    int status;
    if (!common_begin(&c, "doctor", table, OPT_ANYWHERE, count, argv, &rest,
                      &config, &status))
    {
        return status;
    }
    if (rest.words.count > 0) {
        status = common_misuse("doctor",
                               "a server's own reloader is looked at with: "
                               "cowbird doctor -- COMMAND",
                               "unexpected word '%s'", rest.words.items[0]);
    }
    else {
        examine(&f, &config, &rest.command);
        say(&f, c.json != NULL);
        status = finding_count(&f, HEALTH_FAIL) > 0 ? STATUS_FAILED
                                                    : STATUS_DONE;
    }
    findings_dispose(&f);
    common_end(&c, &rest, &config);
    return status;
}
