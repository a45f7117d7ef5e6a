/* status: what is live in every worker of a session, as text and as JSON.
 *
 * JSON: {"session", "root", "pid", "python": [versions], "modules": [{"name",
 * "generation", "phase", "compiler", "tier": "fast"|"optimised", "kind",
 * "live": "live"|"bodies only"|"restart needed", "limit": why no more,
 * "source", "why"}], "workers":
 * [{"pid", "parent", "python", "role": "worker"|"master", "unloaded": how
 * many old images, "look_held_us", "look_worked_us", "look_preempted", "kept":
 * [{"module", "generation", "for_ever", "why"}], "tags": [{"type", "used",
 * "of"}], "late", "modules": {name: generation}}]}. See dev.h.
 */
#include "dev.h"

#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "json_write.h"
#include "mem.h"
#include "path.h"
#include "wire/kind.h"

static const char *const phases[] = {
    [MODULE_CLEAN] = "clean",           [MODULE_DIRTY] = "dirty",
    [MODULE_BUILDING] = "building",     [MODULE_FAILED] = "failed",
    [MODULE_BUILT] = "built",           [MODULE_SWAPPING] = "swapping",
    [MODULE_LIVE] = "live",             [MODULE_REFUSED] = "refused",
    [MODULE_ROLLED_BACK] = "rolled back",
};

static void
add_json_field(struct buf *b, const char *key, const char *text)
{
    buf_add_fmt(b, "\"%s\": ", key);
    json_add_str(b, text);
    buf_add_str(b, ", ");
}

static const char *
text_of(const char *path)
{
    return path == NULL ? "" : path;
}

/* The session's first target speaks for the modules: generations of others
 * are in their workers' rows. */
static const struct target *
first_target(const struct dev *d)
{
    for (size_t i = 0; i < d->env.target_count; i++) {
        if (d->env.targets[i]->is_met) {
            return d->env.targets[i];
        }
    }
    return d->env.targets[0];
}

/* How many workers have imported a module, and run what is live of it. */
struct users {
    unsigned all, current;
};

static struct users
count_users(const struct dev *d, const struct target *t,
            const struct served *v)
{
    struct users u = {0, 0};
    for (const struct peer *p = peers_next(d->peers, NULL); p != NULL;
         p = peers_next(d->peers, p))
    {
        const struct peer_module *m = NULL;
        if (p->is_worker && !peer_is_master(p)
            && strcmp(p->soabi, t->python.soabi) == 0)
        {
            m = peer_module(p, v->module->name);
        }
        u.all += m != NULL;
        u.current += m != NULL && m->generation == v->generation;
    }
    return u;
}

/* Its source is gone, and nobody has imported it. */
static bool
is_past(const struct dev *d, const struct target *t, const struct served *v)
{
    return v->module->is_gone && count_users(d, t, v).all == 0;
}

static const char *
why_of(const struct served *v)
{
    return v->why == NULL && v->module->is_gone
               ? "its source is gone; what is live serves on"
               : v->why;
}

static void
add_json_modules(const struct dev *d, struct buf *b)
{
    const struct target *t = first_target(d);
    bool is_first = true;
    for (size_t i = 0; i < t->served_count; i++) {
        const struct served *v = t->served[i];
        if (is_past(d, t, v)) {
            continue;
        }
        buf_add_str(b, is_first ? "{" : ", {");
        is_first = false;
        add_json_field(b, "name", v->module->name);
        add_json_field(b, "phase", phases[v->module->phase]);
        add_json_field(b, "compiler", v->compiler);
        const struct kind *kind = kind_of(text_of(v->artefact));
        add_json_field(b, "kind", kind->name);
        add_json_field(b, "live", live_word(kind->live));
        add_json_field(b, "limit", kind->why);
        add_json_field(b, "source", v->module->source);
        add_json_field(b, "tier",
                       v->compiler == NULL ? NULL
                                           : target_tier_name(v->compiler));
        add_json_field(b, "why", why_of(v));
        buf_add_fmt(b, "\"generation\": %llu}",
                    target_live(v));
    }
}

static void
add_json_workers(const struct dev *d, struct buf *b)
{
    bool is_first = true;
    for (const struct peer *p = peers_next(d->peers, NULL); p != NULL;
         p = peers_next(d->peers, p))
    {
        if (!p->is_worker) {
            continue;
        }
        buf_add_str(b, is_first ? "{" : ", {");
        is_first = false;
        buf_add_fmt(b, "\"pid\": %ld, \"parent\": %ld, ", p->pid, p->ppid);
        add_json_field(b, "python", p->version);
        add_json_field(b, "role", peer_is_master(p) ? "master" : "worker");
        old_images_add_json(d, b, p);
        tags_add_json(b, p);
        buf_add_fmt(b, "\"late\": %s, \"modules\": {",
                    p->is_late ? "true" : "false");
        for (size_t i = 0; i < p->module_count; i++) {
            buf_add_str(b, i > 0 ? ", " : "");
            json_add_str(b, p->modules[i].name);
            buf_add_fmt(b, ": %llu",
                        workers_shown(d, p, p->modules[i].name,
                                      p->modules[i].generation));
        }
        buf_add_str(b, "}}");
    }
}

char *
status_json(const struct dev *d)
{
    struct buf b = BUF_INIT;
    buf_add_str(&b, "{");
    add_json_field(&b, "session", d->session.id);
    add_json_field(&b, "root", d->session.root);
    buf_add_fmt(&b, "\"pid\": %ld, \"python\": [", (long)getpid());
    for (size_t i = 0; i < d->env.target_count; i++) {
        buf_add_str(&b, i > 0 ? ", " : "");
        json_add_str(&b, d->env.targets[i]->python.version);
    }
    buf_add_str(&b, "], \"modules\": [");
    add_json_modules(d, &b);
    buf_add_str(&b, "], \"workers\": [");
    add_json_workers(d, &b);
    buf_add_str(&b, "]}");
    return buf_take(&b);
}

/* "gen 5 in 2/2 workers", "not imported yet", "nothing to serve". */
static void
add_generation(const struct dev *d, const struct target *t,
               const struct served *v, struct buf *b)
{
    struct users u = count_users(d, t, v);
    if (v->generation == 0) {
        buf_add_str(b, "nothing to serve");
    }
    else if (u.all == 0) {
        buf_add_fmt(b, "gen %llu  not imported yet",
                    target_live(v));
    }
    else {
        buf_add_fmt(b, "gen %llu  %u/%u workers",
                    target_live(v), u.current, u.all);
    }
}

char *
status_text(const struct dev *d)
{
    struct buf b = BUF_INIT;
    const struct target *t = first_target(d);
    buf_add_fmt(&b, "session %s  %s  pid %ld  CPython %s\n", d->session.id,
                d->session.root, (long)getpid(), t->python.version);
    for (size_t i = 0; i < t->served_count; i++) {
        const struct served *v = t->served[i];
        if (is_past(d, t, v)) {
            continue;
        }
        buf_add_fmt(&b, "  %-14s  ", v->module->name);
        add_generation(d, t, v, &b);
        if (v->compiler != NULL) {
            buf_add_fmt(&b, "  %s", v->compiler);
        }
        if (why_of(v) != NULL) {
            bool waits = module_set_has(&d->waits, v->module);
            int64_t since_ns = clock_now_ns() - d->waits_since_ns;
            buf_add_fmt(&b, "  (%s", why_of(v));
            if (waits) {
                buf_add_fmt(&b, ", %lld s",
                            (long long)(since_ns / 1000000000));
            }
            buf_add_str(&b, ")");
        }
        buf_add_str(&b, "\n");
        const struct kind *kind = kind_of(text_of(v->artefact));
        if (kind->why[0] != '\0') {
            buf_add_fmt(&b, "    %s: %s\n", live_word(kind->live), kind->why);
        }
    }
    for (const struct peer *p = peers_next(d->peers, NULL); p != NULL;
         p = peers_next(d->peers, p))
    {
        if (p->is_worker) {
            buf_add_fmt(&b, "  %s %ld  CPython %s%s\n",
                        peer_is_master(p) ? "master" : "worker", p->pid,
                        p->version, p->is_late ? "  late" : "");
            old_images_add_text(d, &b, p);
            tags_add_text(&b, p);
        }
    }
    return buf_take(&b);
}
