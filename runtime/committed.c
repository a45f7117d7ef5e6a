/* committed: see committed.h. */
#include "pyabi.h"

#include "committed.h"

#include "state.h"
#include "swap.h"
#include "typechange.h"
#include "typemove.h"
#include "wire/msg.h"

#include "guard.h"

static void
put_names(struct buf *b, const struct swap_names *names)
{
    msg_put_u64(b, names->count);
    for (size_t i = 0; i < names->count; i++) {
        msg_put_str(b, names->items[i]);
    }
}

static void
put_notes(struct buf *b, const struct carry *c)
{
    msg_put_u64(b, c->note_count);
    for (size_t i = 0; i < c->note_count; i++) {
        struct buf text = BUF_INIT;
        buf_add_fmt(&text, "%s %s", c->notes[i].name, c->notes[i].why);
        msg_put_str(b, buf_text(&text));
        buf_dispose(&text);
    }
}

static bool
has_moved(const struct type_change *c)
{
    return c->move != NULL && c->move->moved_count > 0;
}

static void
put_moved(struct buf *b, const struct swap_item *item)
{
    bool has_state = item->state != NULL && item->state->has_moved;
    uint64_t count = has_state;
    for (const struct type_change *c = item->types; c != NULL; c = c->next) {
        count += has_moved(c);
    }
    msg_put_u64(b, count);
    if (has_state) {
        msg_put_str(b, "");
        msg_put_u64(b, 1);
    }
    for (const struct type_change *c = item->types; c != NULL; c = c->next) {
        if (has_moved(c)) {
            msg_put_str(b, type_short_name(c->type));
            msg_put_u64(b, c->move->moved_count);
        }
    }
}

void
committed_put(struct buf *b, const struct swap *s)
{
    uint64_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        count += s->items[i].native != NULL ? 1 : 0;
    }
    msg_put_u64(b, count);
    for (size_t i = 0; i < s->count; i++) {
        const struct swap_item *item = &s->items[i];
        if (item->native != NULL) {
            msg_put_str(b, item->order.name);
            put_names(b, &item->swapped);
            put_names(b, &item->added);
            put_names(b, &item->dropped);
            put_notes(b, &item->carry);
            put_moved(b, item);
        }
    }
}
