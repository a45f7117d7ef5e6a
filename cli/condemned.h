/* condemned: code of a module that crashed in a call, and when that is no
 * reason to go back.
 *
 * What crashed is not loaded again until its source changes. But a crash that
 * every generation has, a program's deliberate abort() above all, is no fault
 * of the save before it: where nothing else is left to go back to, or what is
 * left has crashed at the same site, the live one serves on and those that
 * were condemned for that site may come back. A site is a signal and a
 * function: "SIGABRT in total()".
 */
#ifndef COWBIRD_CONDEMNED_H
#define COWBIRD_CONDEMNED_H

#include <stdbool.h>

#include "digest.h"

struct served;

struct crashed_code {
    struct digest key;     /* of the artefact */
    struct digest content; /* of its sources, whatever compiles them; zeros:
                              not known */
    char *site;
    bool is_older; /* no fault of this code: it may be loaded */
};

/* The live code crashed at `site`: it is condemned, if it was not before. */
void condemned_add(struct served *v, const char *site);
/* Whether code with this key, or of these sources, may not be loaded. */
bool condemned_has(const struct served *v, const struct digest *key,
                   const struct digest *content);
/* Whether what the live code could go back to has crashed at `site` too, or
 * there is nothing, and other code has. */
bool condemned_is_older(const struct served *v, const char *site);
/* Then: nothing stays condemned for `site`, nor is the live code. */
void condemned_absolve(struct served *v, const char *site);
void condemned_dispose(struct served *v);

#endif
