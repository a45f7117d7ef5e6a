/* txn_late: workers that a transaction goes on without. See txn_stages.h. */
#include "txn_stages.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"

/* Why a worker says nothing, as far as the kernel shows it. Its agent reads
 * what it is sent at once and then waits for the GIL. */
static const char *
why_silent(long pid)
{
    char *path = mem_format("/proc/%ld/stat", pid);
    struct buf text = BUF_INIT;
    const char *at = file_read(path, &text, NULL) == 0
                         ? strrchr(buf_text(&text), ')')
                         : NULL;
    char state = at != NULL && at[1] == ' ' ? at[2] : '?';
    buf_dispose(&text);
    free(path);
    return state == 'T' || state == 't' ? "stopped"
           : state == 'D'             ? "waits for a disk"
                                      : "C code keeps the GIL";
}

void
txn_count_late(struct txn *t, const struct peer *p)
{
    t->late++;
    t->late_why = why_silent(p->pid);
}

void
txn_give_up_on(struct txn *t, enum peer_step step)
{
    struct peers *all = t->env->peers;
    for (struct peer *p = peers_next(all, NULL); p != NULL;
         p = peers_next(all, p))
    {
        if (p->txn == t->id && p->step == step) {
            p->is_late = true;
            peer_tell_late(p, true);
            txn_count_late(t, p);
        }
    }
}
