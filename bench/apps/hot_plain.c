/* hot: the same as hot.c in plain C, saved as hot.c. */
#include <cowbird.h>

static unsigned long calls; /* must outlive every swap */

/* What the source says. */
int
value(void)
{
    /* The line that an edit changes; here it is no part of the interface. */
    enum { VALUE = 1000 };
    return VALUE;
}

/* Calls of it so far. */
unsigned long
count(void)
{
    return ++calls;
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
