/* measure_show: what measure has found, as a table and as JSON. */
#include "measure.h"

#include <stdio.h>
#include <string.h>

#include "json_write.h"
#include "mem.h"
#include "python.h"
#include "variant.h"

struct figures {
    double median_ns, p90_ns;
    double ratio; /* the middle one of its calls' ratios */
    size_t samples;
};

static void
find_figures(const struct variant *v, const struct variant *serving,
             struct figures *f)
{
    struct samples all = SAMPLES_INIT;
    struct samples ratios = SAMPLES_INIT;
    for (size_t i = 0; i < v->call_count && i < serving->call_count; i++) {
        double then = samples_at(&serving->calls[i], 0.5);
        samples_add_all(&all, &v->calls[i]);
        if (then > 0) {
            samples_add(&ratios, samples_at(&v->calls[i], 0.5) / then);
        }
    }
    *f = (struct figures){.median_ns = samples_at(&all, 0.5),
                          .p90_ns = samples_at(&all, 0.9),
                          .ratio = samples_at(&ratios, 0.5),
                          .samples = all.count};
    samples_dispose(&all);
    samples_dispose(&ratios);
}

/* "41.2 ns" to "1.50 s". */
static void
add_time(struct buf *out, double ns)
{
    static const struct {
        double most, unit;
        const char *name;
    } units[] = {{1e3, 1, "ns"}, {1e6, 1e3, "us"}, {1e9, 1e6, "ms"}};
    char text[32];
    size_t i = 0;
    while (i < 3 && ns >= units[i].most) {
        i++;
    }
    double unit = i < 3 ? units[i].unit : 1e9;
    snprintf(text, sizeof(text), "%.*f %s", i == 0 ? 1 : 2, ns / unit,
             i < 3 ? units[i].name : "s");
    buf_add_fmt(out, "  %9s", text);
}

/* Whether there is anything to compare with: what serves may not even agree
 * with itself. */
static bool
is_compared(const struct variants *all)
{
    return all->items[0].difference == NULL;
}

static const char *
agreement(const struct variants *all, const struct variant *v)
{
    return v->serves              ? "serves"
           : !is_compared(all)    ? "not compared"
           : v->difference != NULL ? "differ"
                                  : "agree";
}

static void
add_row(const struct variants *all, const struct variant *v, size_t width,
        struct buf *out)
{
    struct figures f;
    buf_add_fmt(out, "  %-*s", (int)width, v->label);
    if (v->failure != NULL) {
        buf_add_fmt(out, "  failed: %s\n", v->failure);
        return;
    }
    find_figures(v, &all->items[0], &f);
    add_time(out, f.median_ns);
    add_time(out, f.p90_ns);
    buf_add_fmt(out, "  %5.2f  %s\n", f.ratio, agreement(all, v));
}

/* What a reader of the table must know, a line each. */
static void
find_notes(const struct measure *m, const struct variants *v,
           struct list *notes)
{
    list_add_all(notes, &v->notes);
    if (m->is_fresh) {
        list_add(notes, "arguments were made anew for each call, outside the "
                        "clock: the function writes into them");
    }
    if (m->taken < m->given) {
        list_add_fmt(notes, "a call takes long: %zu of %zu were tried",
                     m->taken, m->given);
    }
    if (m->raised > 0) {
        list_add_fmt(notes, "%zu of %zu calls raise and are not timed: %s",
                     m->raised, m->taken, m->raises);
    }
    if (m->lost > 0) {
        list_add_fmt(notes,
                     "the arguments of %zu of %zu calls cannot be made again "
                     "outside the app: %s",
                     m->lost, m->taken, m->lost_why);
    }
    for (size_t i = 0; i < v->count; i++) {
        const struct variant *one = &v->items[i];
        if (one->difference != NULL && (one->serves || is_compared(v))) {
            list_add_fmt(notes,
                         one->serves ? "%s gives other results from run to "
                                       "run: %s"
                                     : "%s: %s",
                         one->label, one->difference);
        }
    }
}

void
measure_table(const struct measure *m, const struct variants *v,
              struct buf *out)
{
    size_t width = strlen("build");
    struct list notes = LIST_INIT;
    for (size_t i = 0; i < v->count; i++) {
        size_t len = strlen(v->items[i].label);
        width = len > width ? len : width;
    }
    buf_add_fmt(out, "%s.%s()  %zu call%s, %d rounds\n", m->module,
                m->function, m->timed, m->timed == 1 ? "" : "s", m->rounds);
    buf_add_fmt(out, "  %-*s  %9s  %9s  %5s  %s\n", (int)width, "build",
                "median", "p90", "ratio", "results");
    for (size_t i = 0; i < v->count; i++) {
        add_row(v, &v->items[i], width, out);
    }
    find_notes(m, v, &notes);
    for (size_t i = 0; i < notes.count; i++) {
        buf_add_fmt(out, "  = note: %s\n", notes.items[i]);
    }
    list_dispose(&notes);
}

static void
add_text(struct buf *out, const char *key, const char *text)
{
    buf_add_fmt(out, ",\"%s\":", key);
    json_add_str(out, text);
}

static void
add_number(struct buf *out, const char *key, double value)
{
    buf_add_fmt(out, ",\"%s\":", key);
    json_add_number(out, value);
}

static void
add_build(struct buf *out, const struct variants *all,
          const struct variant *v)
{
    struct figures f;
    find_figures(v, &all->items[0], &f);
    buf_add_str(out, "{\"build\":");
    json_add_str(out, v->label);
    add_text(out, "compiler", v->compiler);
    add_text(out, "artefact", v->artefact);
    buf_add_fmt(out, ",\"serves\":%s", v->serves ? "true" : "false");
    add_text(out, "failure", v->failure);
    if (v->failure == NULL) {
        add_number(out, "median_ns", f.median_ns);
        add_number(out, "p90_ns", f.p90_ns);
        add_number(out, "ratio", f.ratio);
        add_number(out, "samples", (double)f.samples);
        buf_add_fmt(out, ",\"agrees\":%s",
                    !is_compared(all)       ? "null"
                    : v->difference == NULL ? "true"
                                            : "false");
        add_text(out, "difference", v->difference);
    }
    buf_add_str(out, "}");
}

void
measure_json(const struct measure *m, const struct variants *v,
             struct buf *out)
{
    struct list notes = LIST_INIT;
    buf_add_str(out, "{\"module\":");
    json_add_str(out, m->module);
    add_text(out, "function", m->function);
    add_text(out, "python", m->python->executable);
    add_text(out, "python_version", m->python->version);
    add_number(out, "rounds", m->rounds);
    add_number(out, "calls", (double)m->timed);
    add_number(out, "raised", (double)m->raised);
    add_number(out, "lost", (double)m->lost);
    buf_add_fmt(out, ",\"writes\":%s,\"builds\":[",
                m->is_fresh ? "true" : "false");
    for (size_t i = 0; i < v->count; i++) {
        buf_add_str(out, i > 0 ? "," : "");
        add_build(out, v, &v->items[i]);
    }
    find_notes(m, v, &notes);
    buf_add_str(out, "],\"notes\":");
    json_add_list(out, &notes);
    buf_add_str(out, "}");
    list_dispose(&notes);
}
