/* sarif: diagnostics as a SARIF 2.1.0 log, for code scanning of a CI.
 *
 * Text only; knows neither streams nor the disk. Any thread.
 */
#ifndef COWBIRD_SARIF_H
#define COWBIRD_SARIF_H

#include "diag.h"

/* One run with one result for each diagnostic; its notes are the result's
 * related locations, its fix-its one fix. Paths below `root` are relative to
 * it. Columns are Unicode code points. */
void sarif_write(const struct diag_list *l, const char *root,
                 struct buf *out);

#endif
