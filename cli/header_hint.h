/* header_hint: which header was meant by an #include that found nothing, and
 * what helps one that finds itself.
 *
 * Reads folders, never files. Any thread; used where a compile has failed.
 */
#ifndef COWBIRD_HEADER_HINT_H
#define COWBIRD_HEADER_HINT_H

#include "diag.h"
#include "list.h"

/* Gives each error about a missing header a help line, when one of `dirs`, or
 * the folder of the file that includes it, has a header of a similar name;
 * and each about a cycle of includes. */
void header_hint(struct diag_list *l, const struct list *dirs);

#endif
