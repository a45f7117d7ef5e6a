/* @MODULE@: works on the memory of an array of double, without a copy.
 *
 *     from array import array            # or numpy: float64
 *     from @MODULE@ import total, scale
 *     prices = array("d", [1, 2, 3])
 *     scale(prices, 1.5)                 # in place
 *     total(prices)                      # 9.0
 */
#include <cowbird.h> /* its first comment is the manual */

/* The sum of its items. A pointer to const only reads: bytes-like objects
 * that nobody may write to will do. */
double
total(const double *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum;
}

/* Multiplies every item, in place. Without `const` the array must be
 * writable. */
void
scale(double *values, size_t n, double factor)
{
    for (size_t i = 0; i < n; i++) {
        values[i] *= factor;
    }
}
