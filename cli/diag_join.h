/* diag_join: a compiler's diagnostics and those of another, libclang or cc,
 * for the same sources: made one list, or each said once.
 *
 * The compiler decides what is wrong and how severe it is; libclang lends
 * words, columns, ranges, notes and fix-its to what it sees too. Pure work on
 * lists, but for reading sources. Any thread.
 */
#ifndef COWBIRD_DIAG_JOIN_H
#define COWBIRD_DIAG_JOIN_H

#include <stdbool.h>

#include "diag.h"

/* `l` is the compiler's and becomes the joined list. `stops_early`: the
 * compiler ends at its first error (tcc); once libclang has found that one,
 * what else it has found is added. What it alone sees beside a compiler that
 * went on to the end is not. */
void diag_join(struct diag_list *l, const struct diag_list *lent,
               bool stops_early);
/* Takes out of `l` the warnings that `said`, by another compiler, has given
 * already, with their notes. Errors stay. */
void diag_drop_said(struct diag_list *l, const struct diag_list *said);

#endif
