/* condemned: see condemned.h. */
#include "condemned.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "target.h"

static bool
is_code(const struct crashed_code *c, const struct digest *key,
        const struct digest *content)
{
    static const struct digest unknown;
    return digest_equal(&c->key, key)
           || (digest_equal(&c->content, content)
               && !digest_equal(content, &unknown));
}

bool
condemned_has(const struct served *v, const struct digest *key,
              const struct digest *content)
{
    for (size_t i = 0; i < v->crashed_count; i++) {
        if (!v->crashed[i].is_older && is_code(&v->crashed[i], key, content)) {
            return true;
        }
    }
    return false;
}

static void
add(struct served *v, const char *site, bool is_older)
{
    v->crashed = mem_resize(v->crashed, v->crashed_count + 1,
                            sizeof(*v->crashed));
    v->crashed[v->crashed_count++] = (struct crashed_code){
        v->key, v->content, mem_copy_str(site), is_older};
}

void
condemned_add(struct served *v, const char *site)
{
    if (!condemned_has(v, &v->key, &v->content)) {
        add(v, site, false);
    }
}

bool
condemned_is_older(const struct served *v, const char *site)
{
    static const struct digest unknown;
    const struct former *back
        = v->former_count > 0 ? &v->former[v->former_count - 1] : NULL;
    for (size_t i = 0; i < v->crashed_count; i++) {
        const struct crashed_code *c = &v->crashed[i];
        if (strcmp(c->site, site) == 0
            && (back != NULL ? is_code(c, &back->key, &unknown)
                             : !is_code(c, &v->key, &v->content)))
        {
            return true;
        }
    }
    return false;
}

void
condemned_absolve(struct served *v, const char *site)
{
    bool has_live = false;
    for (size_t i = 0; i < v->crashed_count; i++) {
        struct crashed_code *c = &v->crashed[i];
        if (strcmp(c->site, site) == 0) {
            c->is_older = true;
            has_live |= is_code(c, &v->key, &v->content);
        }
    }
    if (!has_live) {
        add(v, site, true);
    }
}

void
condemned_dispose(struct served *v)
{
    for (size_t i = 0; i < v->crashed_count; i++) {
        free(v->crashed[i].site);
    }
    free(v->crashed);
    v->crashed = NULL;
    v->crashed_count = 0;
}
