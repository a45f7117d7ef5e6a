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

/* Once per process: from now on crashes leave a record in the folder
 * `session`. On a full stack of this thread, too; others are given a second
 * stack by their first call (stub_table.h). */
void crash_begin(const char *session, const char *soabi);

#endif
