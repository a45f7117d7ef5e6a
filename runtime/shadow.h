/* shadow: the module object that an image's init made for a swap. With the
 * GIL.
 */
#ifndef COWBIRD_SHADOW_H
#define COWBIRD_SHADOW_H

#include "pyabi.h"

/* Unless somebody else owns it: its own clean-up runs, which happens once, and
 * its memory then tells nothing of its image. Without `runs_hooks` the
 * clean-up does not run; whether it has. */
bool shadow_clean_up(PyObject *shadow, bool runs_hooks);
/* The same, and lets go of it. Accepts NULL. */
bool shadow_drop(PyObject *shadow, bool runs_hooks);
/* For one that somebody may have: it stays what it is to its holders, without
 * code behind it. */
void shadow_cut_loose(PyObject *shadow);

/* Takes it and `made`, which only we hold, out of the collector's sight: it
 * could free neither, and whoever counts the process's objects sees none come
 * and go with a swap. */
void shadow_hide(PyObject *shadow, PyObject *made);

#endif
