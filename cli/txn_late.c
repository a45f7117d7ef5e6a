/* txn_late: workers that a transaction goes on without. See txn_stages.h. */
#include "txn_stages.h"

#include "process.h"

/* Why a worker says nothing, as far as the kernel shows it. Its agent reads
 * what it is sent at once and then waits for the GIL. */
static const char *
why_silent(long pid)
{
    char state = process_state(pid);
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
