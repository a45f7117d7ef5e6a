/* pins: what alone forbids that an image is ever unloaded.
 *
 * Read off the image itself, once, when it is opened: code that the loader
 * would run at the end, while newer code uses copies of the same variables;
 * memory that lies outside the image and goes with it; pointers that only the
 * kernel keeps. Anything else is looked for in the process (look.h).
 */
#ifndef COWBIRD_PINS_H
#define COWBIRD_PINS_H

#include "elfview.h"

/* The one that threadlocal.h takes back. */
extern const char pin_threads[];

/* A reason for people, or NULL. Lives for ever. */
const char *pin_of(const struct elf *v);

#endif
