/* canary: new code's first run, where it can hurt nobody.
 *
 * A warm interpreter of the bench's own, never the app, has forked ahead of
 * each try; the fork loads the image and runs its init, and the parent tells
 * how that ended. Runs on the main thread of that interpreter, which has no
 * other.
 */
#ifndef COWBIRD_CANARY_H
#define COWBIRD_CANARY_H

/* Serves MSG_TRY on `fd` until the other side closes it. A try that crashes
 * or hangs leaves a record of where in `folder` (wire/crash.h). With the
 * GIL. */
void canary_serve(int fd, const char *folder);

#endif
