/* exception: classes of exceptions that a module has of its own: what
 * CB_EXCEPTION declared, and the C that makes them.
 *
 * Private to bindgen and to what writes stubs.
 */
#ifndef COWBIRD_EXCEPTION_H
#define COWBIRD_EXCEPTION_H

#include <stddef.h>

#include "scan.h"
#include "wire/buf.h"

/* Calls `tell` with each of them once, in their order, and its number. */
typedef void (*exception_teller)(struct buf *out, const struct exception *e,
                                 size_t number, const char *module);
void exception_tell_all(struct buf *out, const struct surface *surfaces,
                        size_t count, const char *module,
                        exception_teller tell);

/* Its base class as Python names it: "LookupError". */
const char *exception_base(const struct exception *e);

/* What cb_raise looks in; the statements that make the classes of `module`. */
void exception_write(struct buf *out, const struct surface *surfaces,
                     size_t count);
void exception_write_exec(struct buf *out, const struct surface *surfaces,
                          size_t count, const char *module);

#endif
