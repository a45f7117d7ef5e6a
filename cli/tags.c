/* tags: types that are using up their version tags: from CPython 3.13 on one
 * that has used a thousand loses its attribute cache until the process ends.
 * See dev.h.
 */
#include "dev.h"

#include "json_write.h"
#include "report.h"

void
tags_take(void *data, struct peer *p)
{
    (void)data;
    for (size_t i = 0; i < p->tags_count; i++) {
        struct peer_tags *t = &p->tags[i];
        uint64_t half = t->most / 2;
        uint64_t late = t->most - t->most / 10;
        bool is_due = (t->used >= half && t->warned < half)
                      || (t->used >= late && t->warned < late);
        if (is_due) {
            t->warned = t->used;
            report_warning("type %s has used %llu of its %llu version tags in "
                           "worker %ld: with the last one Python stops "
                           "caching its attributes; restart the app before "
                           "that",
                           t->type, (unsigned long long)t->used,
                           (unsigned long long)t->most, p->pid);
        }
    }
}

void
tags_add_text(struct buf *b, const struct peer *p)
{
    for (size_t i = 0; i < p->tags_count; i++) {
        const struct peer_tags *t = &p->tags[i];
        buf_add_fmt(b, "    %s has used %llu of %llu version tags\n", t->type,
                    (unsigned long long)t->used,
                    (unsigned long long)t->most);
    }
}

void
tags_add_json(struct buf *b, const struct peer *p)
{
    buf_add_str(b, "\"tags\": [");
    for (size_t i = 0; i < p->tags_count; i++) {
        const struct peer_tags *t = &p->tags[i];
        buf_add_str(b, i > 0 ? ", {\"type\": " : "{\"type\": ");
        json_add_str(b, t->type);
        buf_add_fmt(b, ", \"used\": %llu, \"of\": %llu}",
                    (unsigned long long)t->used,
                    (unsigned long long)t->most);
    }
    buf_add_str(b, "], ");
}
