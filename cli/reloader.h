/* reloader: whether the app's own server restarts it when Python changes, so
 * that two restarts do not fight, and which of them would fight over ours.
 *
 * Knows the servers of PEERS.md by the words they are started with and by the
 * marks they leave in a child's environment. Changes nothing.
 */
#ifndef COWBIRD_RELOADER_H
#define COWBIRD_RELOADER_H

#include "list.h"

/* The name of the server whose own reloader these words switch on ("uvicorn
 * --reload"), borrowed for ever; NULL when none does. */
const char *reloader_of_words(const struct list *argv);
/* The same for a running process, by its environment: "Werkzeug",
 * "Django". */
const char *reloader_of_process(long pid);
/* The name of the server when these words switch on a reloader that restarts
 * on any file below the tree; NULL when none does. */
const char *reloader_of_any_file(const struct list *argv);
/* What to change in such words, because every save of C would restart the
 * app: one sentence, or NULL. */
const char *reloader_conflict(const struct list *argv);

#endif
