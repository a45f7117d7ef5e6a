/* txn_trace: where a transaction's time went, for the trace; transaction.h's
 * txn_trace. */
#include "transaction.h"

#include "trace.h"

static void
trace_stages(const struct txn *t)
{
    const char *subject = t->step_count > 0
                              ? t->steps[0].served->module->name
                              : NULL;
    const struct {
        const char *name;
        int64_t from_ns, to_ns;
    } stages[] = {{t->is_tier ? "tier" : "save", t->saved_ns, t->over_ns},
                  {"settle", t->saved_ns, t->started_ns},
                  {"compile", t->started_ns, t->built_ns},
                  {"canary", t->built_ns, t->tried_ns},
                  {"prepare", t->tried_ns, t->prepared_ns},
                  {"commit", t->prepared_ns, t->over_ns}};
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        trace_phase(stages[i].name, subject, stages[i].from_ns,
                    stages[i].to_ns);
    }
}

void
txn_trace(const struct txn *t)
{
    trace_stages(t);
    for (size_t i = 0; i < t->step_count; i++) {
        const struct txn_step *s = &t->steps[i];
        trace_compile(&s->build.spans, s->served->module->name);
    }
    for (size_t i = 0; i < t->spans.count; i++) {
        trace_name(t->spans.items[i].pid, "worker");
    }
    trace_spans(&t->spans, NULL);
    trace_flush();
}
