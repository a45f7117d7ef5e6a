/* span: see span.h. */
#include "span.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

static const struct {
    const char *name, *key;
} kinds[SPAN_KINDS] = {
#define X(id, name, key) [id] = {name, key},
    COMPILE_SPANS(X) WORKER_SPANS(X)
#undef X
};

const char *
span_name(enum span_kind kind)
{
    return kinds[kind].name;
}

const char *
span_key(enum span_kind kind)
{
    return kinds[kind].key;
}

void
span_add_copy(struct span_list *l, const struct span *one)
{
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 8 : l->cap * 2;
        l->items = mem_resize(l->items, l->cap, sizeof(*l->items));
    }
    l->items[l->count++] = *one;
}

void
span_add(struct span_list *l, enum span_kind kind, int64_t from_ns)
{
    span_add_copy(l, &(struct span){.kind = kind,
                                    .pid = getpid(),
                                    .from_ns = from_ns,
                                    .to_ns = clock_now_ns()});
}

void
span_add_all(struct span_list *l, const struct span_list *other)
{
    for (size_t i = 0; i < other->count; i++) {
        span_add_copy(l, &other->items[i]);
    }
}

int64_t
span_total_ns(const struct span_list *l, enum span_kind kind)
{
    int64_t total = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct span *s = &l->items[i];
        total += s->kind == kind ? s->to_ns - s->from_ns : 0;
    }
    return total;
}

void
span_write(const struct span *s, struct buf *b)
{
    buf_add_fmt(b, "%d %ld %" PRId64 " %" PRId64 " %" PRId64, (int)s->kind,
                s->pid, s->from_ns, s->to_ns, s->held_ns);
}

bool
span_read(const char *line, struct span *s)
{
    int kind = -1;
    int read = sscanf(line, "%d %ld %" SCNd64 " %" SCNd64 " %" SCNd64, &kind,
                      &s->pid, &s->from_ns, &s->to_ns, &s->held_ns);
    if (read != 5 || kind < 0 || kind >= SPAN_KINDS) {
        return false;
    }
    s->kind = (enum span_kind)kind;
    return true;
}

void
span_list_dispose(struct span_list *l)
{
    free(l->items);
    *l = (struct span_list)SPAN_LIST_INIT;
}
