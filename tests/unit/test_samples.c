/* Where the middle of what was measured lies. */
#include "check.h"

#include "samples.h"

static void
the_median_lies_between_the_two_in_the_middle(void)
{
    struct samples s = SAMPLES_INIT;
    CHECK(samples_at(&s, 0.5) == 0);
    samples_add(&s, 4);
    CHECK(samples_at(&s, 0.5) == 4 && samples_at(&s, 0.9) == 4);
    samples_add(&s, 1);
    CHECK(samples_at(&s, 0.5) == 2.5);
    samples_add(&s, 100);
    CHECK(samples_at(&s, 0.5) == 4 && samples_at(&s, 1) == 100);
    CHECK(s.items[0] == 4);
    samples_dispose(&s);
}

static void
a_share_of_many_lies_where_it_should(void)
{
    struct samples s = SAMPLES_INIT;
    struct samples all = SAMPLES_INIT;
    for (int i = 100; i >= 0; i--) {
        samples_add(&s, i);
    }
    samples_add_all(&all, &s);
    CHECK(all.count == 101 && samples_at(&all, 0.9) == 90);
    CHECK(samples_at(&all, 0) == 0);
    samples_dispose(&s);
    samples_dispose(&all);
}

int
main(void)
{
    RUN(the_median_lies_between_the_two_in_the_middle);
    RUN(a_share_of_many_lies_where_it_should);
    return 0;
}
