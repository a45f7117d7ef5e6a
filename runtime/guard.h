/* guard: names that a guest must not use, poisoned.
 *
 * The guest lives in somebody else's process: it never ends it, never writes
 * to its terminal, never changes its signals (but for crash.c and late.c),
 * locale, folder or environment.
 * (`assert` can't be poisoned, CPython's macros use it; pyabi.h turns it off.)
 * Included last, so that system headers may still name them.
 */
#ifndef COWBIRD_GUARD_H
#define COWBIRD_GUARD_H

#include <stdlib.h> /* names some of them */

#pragma GCC poison abort atexit quick_exit errx warnx
#pragma GCC poison printf fprintf vprintf vfprintf puts putchar fputs perror
#pragma GCC poison setlocale chdir fchdir setenv putenv unsetenv system
#pragma GCC poison signal longjmp
#ifndef COWBIRD_MAY_LAND /* only landing.c, into a call that waits for it */
#pragma GCC poison siglongjmp
#endif
/* Only handlers.c asks who handles one, only crash.c and late.c set a
 * handler. */
#if !defined(COWBIRD_MAY_ASK_SIGNALS) && !defined(COWBIRD_MAY_HANDLE_SIGNALS)
#pragma GCC poison sigaction
#endif
#ifndef COWBIRD_MAY_EXIT /* only the canary's children may */
#pragma GCC poison exit _exit _Exit fork
#endif

#endif
