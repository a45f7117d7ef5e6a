/* pricing: plain C that Python calls.
 *
 *     from pricing import gross
 *     gross(100.0)           # 119.0
 */
#include <cowbird.h> /* its first comment is the manual */

static const double vat = 0.19; /* change me while the app runs */

/* The price with tax. */
double
gross(double net)
{
    return net + net * vat;
}
