/* compile_find: see compile_find.h; and compile.h's compile_lookup. */
#include "compile_find.h"

#include "clock.h"
#include "compile.h"
#include "compile_entry.h"
#include "compile_job.h"
#include "compile_key.h"

bool
find_artefact(const struct job *j, const struct key *k, int64_t started_ns,
              struct build *b)
{
    struct module *m = b->module;
    b->is_good = key_recall(k, &b->key, &b->headers, &b->system)
                 && entry_read(b, j);
    b->is_cached = b->is_good;
    b->content = k->content;
    list_add_all(&b->texts, &k->paths);
    b->took_ns = clock_now_ns() - started_ns;
    if (!b->is_good) {
        build_dispose(b);
        b->module = m;
        return false;
    }
    return true;
}

bool
find_best(struct job *j, struct key *k, int64_t started_ns, struct build *b)
{
    bool is_found = false;
    for (int t = TIER_OPTIMISED, last = j->tier; t >= last && !is_found; t--) {
        j->tier = (enum compile_tier)t;
        key_set_tier(k, j);
        is_found = find_artefact(j, k, started_ns, b);
    }
    return is_found;
}

bool
compile_lookup(const struct toolchain *t, const struct python *p,
               struct module *m, enum compile_tier tier, struct build *b)
{
    int64_t started_ns = clock_now_ns();
    struct job j;
    struct key k;
    *b = (struct build)BUILD_INIT;
    b->module = m;
    if (job_init(&j, t, p, m, tier, NULL) < 0) {
        return false;
    }
    key_begin(&k, &j);
    bool is_found = find_artefact(&j, &k, started_ns, b);
    key_dispose(&k);
    job_dispose(&j);
    return is_found;
}
