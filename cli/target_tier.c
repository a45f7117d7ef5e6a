/* target_tier: see target.h; which compiler a module goes to, and what was
 * learnt of both.
 */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* So many compiles go without tcc before it is tried again, and so much it
 * must gain. */
#define WITHOUT_TCC 16
#define TCC_GAIN_NS 3000000
/* Nothing is learnt from fewer of tcc's, and little from a slow one: a busy
 * machine makes one of many slow, and to be without tcc would cost them
 * all. */
#define TCC_FIRST 4
#define SLOW_COUNTS 16

enum compile_tier
target_tier(const struct served *v, enum compile_tier usual)
{
    bool is_tried = v->without_tcc % WITHOUT_TCC == 0;
    return usual == TIER_FAST && is_tried ? TIER_FAST : TIER_OPTIMISED;
}

void
target_learn(struct served *v, const struct build *b, enum compile_tier tier)
{
    int64_t *ns = &v->tier_ns[tier];
    if (!b->is_good || b->is_cached || b->is_cancelled) {
        return;
    }
    /* pieces tell nothing of what cc takes alone */
    if (b->is_warm && b->fallback == NULL && b->pieces == 0) {
        v->tcc_count += tier == TIER_FAST && v->tcc_count < TCC_FIRST;
        *ns = *ns == 0 || b->took_ns < *ns
                  ? b->took_ns
                  : *ns + (b->took_ns - *ns) / SLOW_COUNTS;
    }
    bool gains = v->tcc_count < TCC_FIRST || v->tier_ns[TIER_OPTIMISED] == 0
                 || v->tier_ns[TIER_FAST] + TCC_GAIN_NS
                        < v->tier_ns[TIER_OPTIMISED];
    if (tier == TIER_FAST) {
        v->without_tcc = b->fallback == NULL && gains ? 0 : 1;
    }
    else if (v->without_tcc > 0) {
        v->without_tcc++;
    }
}

void
target_agree(struct served *v, const char *artefact)
{
    free(v->agreed);
    v->agreed = mem_copy_str(artefact);
    free(v->disagreed);
    v->disagreed = NULL;
}

bool
target_disagree(struct served *v, const char *why)
{
    bool is_new = v->disagreed == NULL || strcmp(v->disagreed, why) != 0;
    free(v->disagreed);
    v->disagreed = mem_copy_str(why);
    v->without_tcc += v->without_tcc == 0;
    return is_new;
}

bool
target_is_by_tcc(const char *compiler)
{
    return compiler != NULL && strcmp(compiler, "tcc") == 0;
}

const char *
target_tier_name(const char *compiler)
{
    return target_is_by_tcc(compiler) ? "fast" : "optimised";
}
