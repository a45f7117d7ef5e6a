/* outcome: see outcome.h. */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "outcome_changes.h"
#include "report.h"
#include "undo.h"
#include "wire/kind.h"

char *
outcome_duration(int64_t ns)
{
    double ms = (double)ns / 1e6;
    if (ms < 10) {
        return mem_format("%.1fms", ms);
    }
    return ms < 1000 ? mem_format("%.0fms", ms)
                     : mem_format("%.2fs", ms / 1000);
}

/* The line that follows every failure. On the heap. */
static char *
serves(const struct txn_step *s)
{
    const struct served *v = s->served;
    if (v->generation == 0) {
        return mem_format("nothing serves: importing %s raises ImportError",
                          v->module->name);
    }
    return mem_format("gen %llu still serves",
                      target_live(v));
}

static void
set_why(struct txn_step *s, const char *why)
{
    free(s->served->why);
    s->served->why = mem_copy_str(why);
}

static double
to_ms(int64_t ns)
{
    return (double)ns / 1e6;
}

/* How the artefact came about. */
static const char *
way_of(const struct txn *t, const struct txn_step *s)
{
    return t->is_undo             ? "undone"
           : s->build.is_cached ? "cached"
           : s->build.is_warm   ? "warm"
                                : "cold";
}

/* Whether the source's surface was read for it. */
static const char *
binding_of(const struct txn_step *s)
{
    return s->served->module->kind != MODULE_PLAIN ? "none"
           : s->build.is_rebound                   ? "reused"
           : s->build.is_cached                    ? "cached"
                                                   : "made";
}

/* What changed, how long it took, which generation serves where. */
static void
add_live(const struct txn *t, const struct txn_step *s,
         const struct kind *kind, struct buf *text)
{
    char *took = outcome_duration(t->over_ns - t->saved_ns);
    outcome_add_changes(s, text);
    buf_add_fmt(text, "%*s", text->len < 12 ? 12 - (int)text->len : 0, "");
    buf_add_fmt(text, "%s  ", took);
    if (s->workers > 0) {
        buf_add_fmt(text, "%u/%u workers  ", s->moved, s->workers);
    }
    else {
        buf_add_str(text, "not imported yet  ");
    }
    buf_add_fmt(text, "gen %llu", target_live(s->served));
    if (t->is_undo) {
        buf_add_fmt(text, ", gen %llu's code",
                    (unsigned long long)s->served->code_of);
    }
    if (kind->live != LIVE_ALL) {
        buf_add_fmt(text, "  %s", live_word(kind->live));
    }
    else if (kind->why[0] != '\0') {
        buf_add_fmt(text, "  (%s)", kind->why);
    }
    free(took);
}

static void
report_live(struct txn *t, struct txn_step *s)
{
    struct buf text = BUF_INIT;
    const struct served *v = s->served;
    const struct kind *kind = kind_of(v->artefact == NULL ? "" : v->artefact);
    char *note = outcome_note(t, s);
    add_live(t, s, kind, &text);
    const struct report_field fields[] = {
        {.key = "module", .text = v->module->name},
        {.key = "generation", .number = (double)target_live(v)},
        {.key = "code_of", .number = (double)v->code_of},
        {.key = "compiler", .text = v->compiler},
        {.key = "kind", .text = kind->name},
        {.key = "live", .text = live_word(kind->live)},
        {.key = "limit", .text = kind->why},
        {.key = "compile", .text = way_of(t, s)},
        {.key = "binding", .text = binding_of(s)},
        {.key = "took_ms", .number = to_ms(t->over_ns - t->saved_ns)},
        {.key = "settle_ms", .number = to_ms(t->started_ns - t->saved_ns)},
        {.key = "compile_ms", .number = to_ms(t->built_ns - t->started_ns)},
        {.key = "canary_ms", .number = to_ms(t->tried_ns - t->built_ns)},
        {.key = "prepare_ms", .number = to_ms(t->prepared_ns - t->tried_ns)},
        {.key = "commit_ms", .number = to_ms(t->over_ns - t->prepared_ns)},
        {.key = "gil_held_us", .number = (double)t->holds.held_ns / 1e3},
        {.key = "gil_worked_us", .number = (double)t->holds.worked_ns / 1e3},
        {.key = "gil_preempted", .number = (double)t->holds.preempted},
        {.key = "gil_faults", .number = (double)t->holds.faults},
        {.key = "gil_waited_us", .number = (double)t->waited_ns / 1e3},
        {.key = "init_us", .number = (double)t->init_ns / 1e3},
        {.key = "workers", .number = s->workers},
        {.key = "moved", .number = s->moved},
        {.key = "swapped", .items = &s->swapped},
        {.key = "added", .items = &s->added},
        {.key = "removed", .items = &s->removed},
#define X(id, name, field)                                                    \
    {.key = field, .number = to_ms(span_total_ns(&s->build.spans, id))},
        COMPILE_SPANS(X)
#undef X
        {.key = "state", .items = &s->state},
        {.key = "migrated", .items = &s->moved_types},
        {.key = "moved_objects", .number = (double)s->moved_objects},
    };
    enum report_verb verb = t->is_undo          ? VERB_UNDO
                            : s->workers == 0 ? VERB_BUILT
                                              : VERB_SWAP;
    struct report_event event = {
        .verb = verb,
        .subject = v->module->name,
        .text = text.data,
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
        .diags = &s->build.diags,
        .note = note,
    };
    report_event(&event);
    free(note);
    buf_dispose(&text);
}

static const char *
slowest_way(const struct txn *t)
{
    const char *slowest = way_of(t, &t->steps[0]);
    for (size_t i = 1; i < t->step_count; i++) {
        const char *way = way_of(t, &t->steps[i]);
        bool is_slower = strcmp(way, "cold") == 0
                         || strcmp(slowest, "cached") == 0;
        slowest = is_slower ? way : slowest;
    }
    return slowest;
}

/* "scoring: order 0.3, binding 1.0, tcc 0.9, link 0.4 ms": what of a compile
 * took time at all. */
static void
report_compile(const struct txn_step *s)
{
    struct buf text = BUF_INIT;
    for (int kind = 0; kind < SPAN_KINDS; kind++) {
        int64_t ns = span_total_ns(&s->build.spans, (enum span_kind)kind);
        if (ns > 0) {
            buf_add_fmt(&text, "%s%s %.1f", text.len == 0 ? "" : ", ",
                        span_name((enum span_kind)kind), to_ms(ns));
        }
    }
    if (text.len > 0) {
        report_detail("compile", "%s: %s ms", s->served->module->name,
                      buf_text(&text));
    }
    buf_dispose(&text);
}

static void
report_phases(const struct txn *t)
{
    const struct msg_hold *h = &t->holds;
    report_detail("phases",
                  "settle %.1f, compile %.1f (%s), canary %.1f, prepare %.1f, "
                  "commit %.1f ms; GIL held %.0f (worked %.0f, preempted %.0f "
                  "times, %.0f page faults), waited %.0f, init %.0f us",
                  to_ms(t->started_ns - t->saved_ns),
                  to_ms(t->built_ns - t->started_ns), slowest_way(t),
                  to_ms(t->tried_ns - t->built_ns),
                  to_ms(t->prepared_ns - t->tried_ns),
                  to_ms(t->over_ns - t->prepared_ns),
                  (double)h->held_ns / 1e3, (double)h->worked_ns / 1e3,
                  (double)h->preempted, (double)h->faults,
                  (double)t->waited_ns / 1e3, (double)t->init_ns / 1e3);
    for (size_t i = 0; i < t->step_count; i++) {
        report_compile(&t->steps[i]);
    }
}

static void
report_late(const struct txn *t)
{
    if (t->late == 0) {
        return;
    }
    char *text = mem_format("%u %s not answer (%s); %s when %s again",
                            t->late,
                            t->late == 1 ? "worker does" : "workers do",
                            t->late_why,
                            t->late == 1 ? "it moves" : "they move",
                            t->late == 1 ? "it runs" : "they run");
    const struct report_field fields[] = {
        {.key = "workers", .number = t->late},
        {.key = "why", .text = t->late_why}};
    struct report_event event = {.verb = VERB_LATE,
                                 .subject = t->steps[0].served->module->name,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 2};
    report_event(&event);
    free(text);
}

static void
report_same(const struct txn_step *s)
{
    uint64_t shown = target_shown(s->served, s->generation);
    const char *name = s->served->module->name;
    const struct report_field fields[] = {
        {.key = "module", .text = name},
        {.key = "generation", .number = (double)shown}};
    struct report_event event = {.verb = VERB_SAME,
                                 .subject = name,
                                 .text = "back to what is live",
                                 .fields = fields,
                                 .field_count = 2};
    report_event(&event);
}

/* A failure of one step: `words` has its verb and what is special about it,
 * here it gets what all failures share. */
static void
report_failure(struct txn_step *s, const struct report_event *words)
{
    char *still = serves(s);
    const char *reason = words->note != NULL ? words->note : words->text;
    const struct report_field fields[] = {
        {.key = "module", .text = s->served->module->name},
        {.key = "generation", .number = (double)target_live(s->served)},
        {.key = "reason", .text = reason}};
    struct report_event event = *words;
    event.subject = s->served->module->name;
    event.fields = fields;
    event.field_count = 3;
    event.serves = still;
    report_event(&event);
    set_why(s, words->text);
    free(still);
}

/* A change is live whole or not at all: who is held back by another has its
 * line too. */
static void
report_held_back(struct txn_step *s, enum report_verb verb,
                 const struct txn_step *by, const char *why)
{
    char *text = mem_format("held back, as %s %s", by->served->module->name,
                            why);
    report_failure(s, &(struct report_event){.verb = verb, .text = text});
    free(text);
}

/* What status says until it builds: also where the first error stands. */
static void
set_why_of_errors(struct txn_step *s, const char *text)
{
    const struct diag_list *l = &s->build.diags;
    for (size_t i = 0; i < l->count; i++) {
        const struct diag *d = &l->items[i];
        if (d->severity == DIAG_ERROR && d->path != NULL) {
            char *why = mem_format("%s: %s:%u: %s", text,
                                   report_shown(d->path), d->line,
                                   d->message);
            set_why(s, why);
            free(why);
            return;
        }
    }
}

static void
report_build_failed(struct txn *t)
{
    struct diag_list seen = DIAG_LIST_INIT;
    const struct txn_step *bad = NULL;
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (s->build.is_good) {
            continue;
        }
        bad = bad == NULL ? s : bad;
        size_t errors = diag_count(&s->build.diags, DIAG_ERROR);
        char *text = s->build.is_timed_out
                         ? mem_copy_str("the compiler did not end in time, "
                                        "not swapped")
                         : mem_format("%zu error%s, not swapped", errors,
                                      errors == 1 ? "" : "s");
        report_failure(s, &(struct report_event){.verb = VERB_ERROR,
                                                 .text = text,
                                                 .diags = &s->build.diags,
                                                 .seen = &seen});
        set_why_of_errors(s, text);
        diag_copy_all(&seen, &s->build.diags);
        free(text);
    }
    for (size_t i = 0; bad != NULL && i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (s->build.is_good
            && !digest_equal(&s->served->key, &s->build.key))
        {
            report_held_back(s, VERB_ERROR, bad, "does not compile");
        }
    }
    diag_list_dispose(&seen);
}

/* Workers and the canary name a source by its whole path. */
static void
add_shown(struct buf *b, const char *line, size_t len, const char *source)
{
    size_t source_len = strlen(source);
    const char *end = line + len;
    while (line < end) {
        const char *at = memmem(line, (size_t)(end - line), source,
                                source_len);
        const char *stop = at == NULL ? end : at;
        buf_add(b, line, (size_t)(stop - line));
        buf_add_str(b, at == NULL ? "" : report_shown(source));
        line = at == NULL ? end : at + source_len;
    }
}

/* The first line of the reason and, in `*rest`, what follows it and says
 * more. */
static char *
first_line(const struct txn *t, const char **rest)
{
    struct buf b = BUF_INIT;
    const char *reason = t->reason == NULL ? "" : t->reason;
    const struct txn_step *s = t->culprit == NULL ? &t->steps[0] : t->culprit;
    size_t len = strcspn(reason, "\n");
    add_shown(&b, reason, len, s->served->module->source);
    const char *more = reason + len + strspn(reason + len, "\n");
    size_t more_len = strcspn(more, "\n");
    bool is_single = more[more_len + strspn(more + more_len, "\n")] == '\0';
    bool is_said = is_single && b.len > 0
                   && memmem(b.data, b.len, more, more_len) != NULL;
    *rest = more_len == 0 || is_said ? NULL : more;
    return buf_take(&b);
}

static void
report_vetoed(struct txn *t)
{
    const char *rest = NULL;
    char *line = first_line(t, &rest);
    enum report_verb verb = t->result == TXN_REFUSED ? VERB_REFUSED
                                                     : VERB_ERROR;
    char *text = mem_format("%s%s", line,
                            verb == VERB_ERROR ? ", not swapped" : "");
    /* What the canary has loaded before. */
    bool is_only_here = verb == VERB_ERROR && t->culprit_pid != 0
                        && t->tried_ns > t->built_ns;
    char *back = verb == VERB_REFUSED && t->is_undo ? undo_help(t) : NULL;
    const char *help = back != NULL ? back
                       : verb == VERB_REFUSED && !t->is_condemned
                           ? "cowbird restart starts the app again and "
                             "loads it"
                       : is_only_here
                           ? "the same init worked in a Python of its own: "
                             "look at what this app has done before"
                           : NULL;
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        bool is_other = t->culprit != NULL
                        && strcmp(t->culprit->served->module->name,
                                  s->served->module->name) != 0;
        if (!s->is_same && is_other) {
            report_held_back(s, verb, t->culprit,
                             verb == VERB_REFUSED ? "is refused"
                                                  : "does not load");
        }
        else if (!s->is_same && (t->culprit == NULL || t->culprit == s)) {
            report_failure(s, &(struct report_event){.verb = verb,
                                                     .text = text,
                                                     .note = rest,
                                                     .help = help});
        }
    }
    free(back);
    free(text);
    free(line);
}

/* Nothing has changed, and nothing is wrong: it goes live by itself. */
static void
report_busy(struct txn *t)
{
    static const char verb[] = "waits ";
    const char *reason = t->reason == NULL ? "" : t->reason;
    const char *text = strncmp(reason, verb, sizeof(verb) - 1) == 0
                           ? reason + sizeof(verb) - 1
                           : reason;
    const char *help = t->is_undo
                           ? "undo it again when the call has ended"
                           : "it goes live once no call is in flight; restart "
                             "the app to load it now";
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (!s->is_same) {
            report_failure(s, &(struct report_event){.verb = VERB_WAITS,
                                                     .text = text,
                                                     .help = help});
            set_why(s, reason);
        }
    }
}

void
outcome_report(struct txn *t)
{
    switch (t->result) {
    case TXN_LIVE:
    case TXN_SAME:
        for (size_t i = 0; i < t->step_count; i++) {
            struct txn_step *s = &t->steps[i];
            if (s->is_same) {
                report_same(s);
            }
            else {
                report_live(t, s);
            }
        }
        if (t->result == TXN_LIVE) {
            report_phases(t);
            report_late(t);
        }
        if (t->reason != NULL) {
            report_warning("%s", t->reason);
        }
        return;
    case TXN_BUILD_FAILED:
        report_build_failed(t);
        return;
    case TXN_BUSY:
        report_busy(t);
        return;
    case TXN_INIT_FAILED:
    case TXN_REFUSED:
    case TXN_BROKEN:
        report_vetoed(t);
        return;
    }
}
