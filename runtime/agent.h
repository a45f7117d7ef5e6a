/* agent: the guest's one thread, and its line to the bench.
 *
 * It answers prepare and commit, tells of each imported module, and waits
 * without the GIL for the rest of its life. When the session ends it ends;
 * the app keeps what it has. Its own state is guarded by one lock that is
 * never held while Python is called.
 */
#ifndef COWBIRD_AGENT_H
#define COWBIRD_AGENT_H

#include "pyabi.h"

#include "wire/err.h"

/* How this process introduces itself; copied. */
struct agent_self {
    const char *session; /* the session's folder */
    const char *soabi;
    const char *executable;
    const char *version;
};

/* With the GIL, as all of these. A second start does nothing. */
int agent_start(const struct agent_self *self, struct err *e);
/* In the child of a fork: a thread, a line and a hello of its own. */
void agent_restart(void);
/* The module serves at `generation`: the bench will know. */
void agent_loaded(const char *name, uint64_t generation);
/* The same, where a commit's answer tells it. */
void agent_moved(const char *name, uint64_t generation);
/* There is something to tell that the agent does not look for by itself. */
void agent_nudge(void);
/* Says farewell; waits a second at most. */
void agent_stop(void);
/* Whether the caller runs on it. Any thread. */
bool agent_is_this_thread(void);

#endif
