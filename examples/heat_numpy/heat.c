/* heat: one step of heat spreading over a plate, on numpy's own memory.
 *
 *     import numpy
 *     from heat import step
 *     now, after = numpy.zeros((200, 300)), numpy.zeros((200, 300))
 *     step(now, after)                   # reads one, writes the other
 */
#include <cowbird.h> /* its first comment is the manual */

static const double rate = 0.2; /* change me while the app runs */

/* Writes into `after` what a step makes of `now`; both are arrays of float64
 * of the same shape. The rim keeps its heat. Several threads may be in here,
 * each with plates of its own. */
CB_NOGIL void
step(const double *now, double *after, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            size_t i = r * columns + c;
            bool is_rim = r == 0 || c == 0 || r + 1 == rows
                          || c + 1 == columns;
            after[i] = is_rim ? now[i]
                              : now[i]
                                    + rate
                                          * (now[i - columns]
                                             + now[i + columns] + now[i - 1]
                                             + now[i + 1] - 4 * now[i]);
        }
    }
}
