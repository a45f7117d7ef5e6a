/* doctor: what may keep cowbird from working here, looked at by doing it.
 *
 * Inside the command doctor; each function looks at one thing and adds rows
 * to the findings. Speaks to nobody and changes nothing but the cache.
 */
#ifndef COWBIRD_DOCTOR_H
#define COWBIRD_DOCTOR_H

#include <stdbool.h>

#include "finding.h"

struct config;
struct graph;
struct list;
struct python;

/* The interpreter, its headers, its GIL. False: there is none, `p` is
 * empty. `command` (may be empty) is what stood after `--`. */
bool doctor_python(struct findings *f, const struct config *c,
                   const struct list *command, struct python *p);
/* cc and tcc, each with the time of a one-module build. */
void doctor_compilers(struct findings *f, const struct config *c,
                      const struct python *p);
void doctor_libclang(struct findings *f, const struct python *p);

/* inotify's limits against what the project needs. */
void doctor_inotify(struct findings *f, const struct config *c,
                    const struct graph *g);
/* Writable, and on a file system that may execute. */
void doctor_cache(struct findings *f);
/* Opens a session as `run --dev` does, and closes it. */
void doctor_session(struct findings *f, const struct config *c);

/* Servers whose own reloader would restart the app on every save of C: in
 * `command`, in the environment, in files of the project. */
void doctor_reloaders(struct findings *f, const struct config *c,
                      const struct list *command);
/* How many there are. */
void doctor_modules(struct findings *f, const struct graph *g);

#endif
