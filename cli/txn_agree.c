/* txn_agree: whether what tcc has made may go live before cc has seen the
 * source. Where the sources ask for a layout that is not the usual one, for a
 * type of which cc has said nothing yet, it may not: instances that one
 * compiler's code has made would be read by the other's. cc then compiles the
 * same, and its build goes live. See txn_stages.h.
 */
#include "txn_stages.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "tier_layout.h"

/* An artefact whose layouts are cc's: its own, or one of tcc's that it has
 * agreed with. NULL: there is none. */
static const char *
known_artefact(const struct served *v)
{
    return v->agreed != NULL               ? v->agreed
           : target_is_by_tcc(v->compiler) ? NULL
                                           : v->artefact;
}

bool
txn_needs_cc(const struct txn *t, const struct txn_step *s)
{
    const struct build *b = &s->build;
    if (!b->is_good || !target_is_by_tcc(b->compiler)
        || !toolchain_has_both(t->env->chain))
    {
        return false;
    }
    return !tier_layout_is_known(known_artefact(s->served), b);
}

/* cc's serves, and tcc's goes: its artefact stays in the cache, for the next
 * save to be compared with. */
static void
agree(struct txn_step *s)
{
    s->tier = TIER_OPTIMISED;
    if (compile_settle(&s->by_tcc, NULL)) {
        target_agree(s->served, s->by_tcc.artefact);
    }
}

static void
disagree(struct txn_step *s, char *why)
{
    if (target_disagree(s->served, why)) {
        s->build.fallback = mem_format("tcc is left out: %s", why);
    }
    else {
        s->tier = TIER_OPTIMISED; /* it has been told and learnt */
    }
    free(why);
}

void
txn_agree(struct txn_step *s)
{
    if (!s->build.is_good) {
        /* what cc does not build it never replaces */
        build_dispose(&s->build);
        s->build = s->by_tcc;
        s->by_tcc = (struct build)BUILD_INIT;
        return;
    }
    char *why = tier_layout_differs(s->by_tcc.artefact, &s->build);
    span_add_all(&s->build.spans, &s->by_tcc.spans);
    if (why == NULL) {
        agree(s);
    }
    else {
        disagree(s, why);
    }
    build_dispose(&s->by_tcc);
}
