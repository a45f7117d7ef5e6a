/* hot: three functions for cowbird. */
#include "shift.h"
#include <cowbird.h>

int
value(void)
{
    /* The line that an edit changes; it is no part of the interface. */
    enum { VALUE = 1000 };
    return VALUE + SHIFT;
}

long
add(long a, long b)
{
    return a + b;
}

double
total(const double *numbers, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += numbers[i];
    }
    return sum;
}
