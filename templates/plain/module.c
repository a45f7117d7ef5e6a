/* @MODULE@: plain C that Python calls.
 *
 *     from array import array            # or numpy: float64
 *     from @MODULE@ import total
 *     total(array("d", [1, 2.5]))        # 3.5
 */
#include <cowbird.h> /* its first comment is the manual */

/* Every function that is not static becomes a Python function, this comment
 * its docstring. A pointer and its length are one array, without a copy. */
double
total(const double *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum;
}
