/* canary: a small warm interpreter of the app's ABI in which new code is
 * loaded and initialised first, in a fork, so that a crash, an exit or a
 * hang there never reaches the app.
 *
 * Owns the process (started on first use, again when it died) and its
 * socket pair. The loading itself is runtime/canary.py and the guest. Runs on
 * the bench's loop.
 */
#ifndef COWBIRD_CANARY_H
#define COWBIRD_CANARY_H

#include <stdint.h>

#include "list.h"
#include "loop.h"
#include "python.h"
#include "wire/msg.h"

struct canary;

/* `verdict` as in msg.h; VERDICT_READY with a reason means that the canary
 * itself failed: inconclusive, which is no fault of the code's. */
typedef void (*canary_fn)(void *data, enum msg_verdict verdict,
                          const char *reason);

/* `python`, `guest` and `session_dir` are borrowed for its life; `path_first`
 * becomes its sys.path[0], as in the app. */
struct canary *canary_new(struct loop *loop, const struct python *python,
                          const char *guest, const char *session_dir,
                          const char *path_first);
/* One at a time; `fn` is called from the loop, exactly once unless
 * canary_forget comes first. */
void canary_try(struct canary *c, const char *name, const char *stem,
                const char *image, const char *source, int deadline_ms,
                canary_fn fn, void *data);
/* The answer to the running try is not wanted any more. */
void canary_forget(struct canary *c);
void canary_free(struct canary *c);

#endif
