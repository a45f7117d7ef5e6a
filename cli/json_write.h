/* json_write: single values as JSON text, for lines that are written piece by
 * piece where a tree (json) would only be built to be printed.
 *
 * Strings as json prints them; numbers with a point whatever the locale. Any
 * thread.
 */
#ifndef COWBIRD_JSON_WRITE_H
#define COWBIRD_JSON_WRITE_H

#include "wire/buf.h"

struct list;

/* A string with its quotes; NULL becomes null. */
void json_add_str(struct buf *out, const char *text);
/* Whole numbers without a point, others with nine significant
 * digits; what is no number in JSON (NaN, infinity) becomes null. */
void json_add_number(struct buf *out, double number);
/* An array of strings. */
void json_add_list(struct buf *out, const struct list *items);

#endif
