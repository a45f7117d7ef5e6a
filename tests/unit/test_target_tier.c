/* Which compiler a module goes to is learnt from its own compiles. */
#include "check.h"

#include "target.h"

#define MS 1000000

static void
compile(struct served *v, int64_t ms)
{
    enum compile_tier tier = target_tier(v, TIER_FAST);
    struct build b = {.is_good = true, .is_warm = true, .took_ns = ms * MS};
    target_learn(v, &b, tier);
}

/* Both tiers' compiles of one save, as long as both are used. */
static void
save(struct served *v, int64_t tcc_ms, int64_t cc_ms)
{
    if (target_tier(v, TIER_FAST) == TIER_FAST) {
        compile(v, tcc_ms);
    }
    struct build b = {.is_good = true, .is_warm = true, .took_ns = cc_ms * MS};
    target_learn(v, &b, TIER_OPTIMISED);
}

static void
tcc_serves_a_module_that_it_compiles_quicker(void)
{
    struct served v = {.module = NULL};
    for (int i = 0; i < 100; i++) {
        CHECK(target_tier(&v, TIER_FAST) == TIER_FAST);
        save(&v, 2, 40);
    }
}

static void
where_tcc_gains_nothing_cc_serves_after_the_first_four(void)
{
    struct served v = {.module = NULL};
    for (int i = 0; i < 4; i++) {
        CHECK(target_tier(&v, TIER_FAST) == TIER_FAST);
        save(&v, 10, 11);
    }
    CHECK(target_tier(&v, TIER_FAST) == TIER_OPTIMISED);
}

static int
count_of_tcc(struct served *v, int saves, int64_t tcc_ms, int64_t cc_ms)
{
    int count = 0;
    for (int i = 0; i < saves; i++) {
        count += target_tier(v, TIER_FAST) == TIER_FAST;
        save(v, tcc_ms, cc_ms);
    }
    return count;
}

static void
tcc_is_tried_again_now_and_then_and_taken_back_where_it_gains(void)
{
    struct served v = {.module = NULL};
    count_of_tcc(&v, 4, 10, 11);
    int tried = count_of_tcc(&v, 64, 10, 11);
    CHECK(tried >= 2 && tried <= 8);
    count_of_tcc(&v, 400, 2, 40); /* cc has become slow */
    CHECK(count_of_tcc(&v, 50, 2, 40) == 50);
}

static void
one_slow_compile_on_a_busy_machine_takes_tcc_from_nobody(void)
{
    struct served v = {.module = NULL};
    count_of_tcc(&v, 10, 2, 40);
    save(&v, 200, 40);
    CHECK(target_tier(&v, TIER_FAST) == TIER_FAST);
}

static void
nothing_is_learnt_from_compiles_that_tell_nothing(void)
{
    struct served v = {.module = NULL};
    struct build cached = {.is_good = true, .is_cached = true, .is_warm = true,
                           .took_ns = 90 * MS};
    struct build bad = {.is_warm = true, .took_ns = 90 * MS};
    struct build cold = {.is_good = true, .took_ns = 90 * MS};
    for (int i = 0; i < 20; i++) {
        target_learn(&v, &cached, TIER_FAST);
        target_learn(&v, &bad, TIER_FAST);
        target_learn(&v, &cold, TIER_FAST);
        struct build cc = {.is_good = true, .is_warm = true,
                           .took_ns = 10 * MS};
        target_learn(&v, &cc, TIER_OPTIMISED);
    }
    CHECK(target_tier(&v, TIER_FAST) == TIER_FAST);
}

static void
where_only_one_tier_is_asked_for_there_is_no_other(void)
{
    struct served v = {.module = NULL};
    CHECK(target_tier(&v, TIER_OPTIMISED) == TIER_OPTIMISED);
}

int
main(void)
{
    RUN(tcc_serves_a_module_that_it_compiles_quicker);
    RUN(where_tcc_gains_nothing_cc_serves_after_the_first_four);
    RUN(tcc_is_tried_again_now_and_then_and_taken_back_where_it_gains);
    RUN(one_slow_compile_on_a_busy_machine_takes_tcc_from_nobody);
    RUN(nothing_is_learnt_from_compiles_that_tell_nothing);
    RUN(where_only_one_tier_is_asked_for_there_is_no_other);
    return 0;
}
