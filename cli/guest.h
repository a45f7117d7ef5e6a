/* guest: the guest's extension module for one Python ABI, as the bench sees
 * it: where it is, or compiled from the sources that the package carries.
 *
 * The wheel holds a build for the Python it was installed with; for any other
 * ABI cc compiles it once into the cache. Also knows where cowbird's own
 * package lies (found from /proc/self/exe: venv, --user, --target, pipx,
 * editable, build tree).
 */
#ifndef COWBIRD_GUEST_H
#define COWBIRD_GUEST_H

#include "python.h"
#include "wire/err.h"

struct toolchain;

/* The folder that holds `runtime/` and `templates/`, laid out as in the
 * repository; absolute, searched for once and borrowed for ever. ERR_SYSTEM
 * names every place that was looked at. */
const char *guest_package(struct err *e);
/* Path of the guest's .so for `p`, on the heap. Missing headers are an error
 * that names the package to install. */
char *guest_find(const struct toolchain *t, const struct python *p,
                 struct err *e);

#endif
