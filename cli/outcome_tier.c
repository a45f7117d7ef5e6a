/* outcome_tier: the part of outcome that tells of a changed tier: nobody's
 * save, so people see it with -v only, and programs as an event of its own.
 */
#include "outcome.h"

#include <stdlib.h>

#include "mem.h"
#include "report.h"

static const char *
way_of(const struct build *b)
{
    return b->is_cached ? "cached" : b->is_warm ? "warm" : "cold";
}

static char *
words_for_way(const struct build *b)
{
    return b->pieces == 0 ? mem_copy_str(way_of(b))
                          : mem_format("%s, %u of %u pieces", way_of(b),
                                       b->compiled, b->pieces);
}

void
outcome_report_tier(const struct txn *t)
{
    const struct txn_step *s = &t->steps[0];
    const struct served *v = s->served;
    /* what came without a save, at a start, has its own beginning only */
    bool is_saved = v->saved_ns > 0;
    int64_t took_ns = t->over_ns - (is_saved ? v->saved_ns : t->saved_ns);
    char *took = outcome_duration(took_ns);
    char *way = words_for_way(&s->build);
    char *text = mem_format("gen %llu by %s  %s%s, compiled in %.1fms (%s)",
                            target_live(v), v->compiler, took,
                            is_saved ? " after the save" : "",
                            (double)s->build.took_ns / 1e6, way);
    const struct report_field fields[] = {
        {.key = "module", .text = v->module->name},
        {.key = "generation", .number = (double)target_live(v)},
        {.key = "compiler", .text = v->compiler},
        {.key = "tier", .text = target_tier_name(v->compiler)},
        {.key = "compile", .text = way_of(&s->build)},
        {.key = "pieces", .number = s->build.pieces},
        {.key = "pieces_compiled", .number = s->build.compiled},
        {.key = "compile_ms", .number = (double)s->build.took_ns / 1e6},
        {.key = "took_ms", .number = (double)took_ns / 1e6},
        {.key = "gil_held_us", .number = (double)t->holds.held_ns / 1e3},
        {.key = "gil_worked_us", .number = (double)t->holds.worked_ns / 1e3},
        {.key = "gil_preempted", .number = (double)t->holds.preempted},
        {.key = "gil_faults", .number = (double)t->holds.faults},
        {.key = "workers", .number = s->workers},
        {.key = "moved", .number = s->moved},
        {.key = "state", .items = &s->state},
    };
    struct report_event event = {
        .verb = VERB_TIER,
        .subject = v->module->name,
        .text = text,
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0])};
    report_event(&event);
    free(text);
    free(way);
    free(took);
}
