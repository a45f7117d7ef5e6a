/* crash: says which code of ours a fatal signal came from, and lets it kill.
 *
 * The one file of the guest that sets signal handlers, in dev only. What does
 * not land in a call that wants it (landing.h) is not recovered: the record is
 * written, whoever handled the signal before gets it back, and the fault
 * happens again there (faulthandler, a core dump, death by that signal).
 */
#ifndef COWBIRD_CRASH_H
#define COWBIRD_CRASH_H

#include "pyabi.h"

#include <sys/types.h>

/* Once per process: from now on crashes leave a record in `folder`, those of
 * its forks too. On a full stack of this thread, too; others are given a
 * second stack by their first call (stub_table.h). A signal that `asker`
 * sends, a process (0: none), is told like a crash: it asks where this one
 * hangs. What others send is none of ours. */
void crash_begin(const char *folder, const char *soabi, pid_t asker);

#endif
