/* crash: says which code of ours a fatal signal came from, and lets it kill.
 *
 * The one file of the guest that sets signal handlers, in dev only. It
 * recovers nothing: the record is written, whoever handled the signal before
 * gets it back, and the fault happens again there (faulthandler, a core dump,
 * death by that signal). Knows the images by itself, because a handler can
 * take no lock.
 */
#ifndef COWBIRD_CRASH_H
#define COWBIRD_CRASH_H

#include "pyabi.h"

struct image;

/* Once per process: from now on crashes leave a record in the folder
 * `session`. On the thread whose full stack is to be told, too. */
void crash_begin(const char *session, const char *soabi);
/* The image is mapped; it goes. Any thread. */
void crash_know(const struct image *i);
void crash_forget(const struct image *i);

#endif
