/* Complex numbers, which tcc leaves to cc. */
#include <complex.h>
#include <cowbird.h>
#include <float.h>
#include <stdlib.h>

double _Complex same(double _Complex z) { return z; }
float complex same_float(float complex z) { return z; }
long double complex same_long(long double complex z) { return z; }
double size(double complex z) { return cabs(z); }
long double complex huge(void) { return LDBL_MAX * 1.0L; }

double complex
turn(double complex z, CB_DEFAULT(-1) double complex by)
{
    return z * by;
}

void
scale(double complex *z, size_t n, float complex by)
{
    for (size_t i = 0; i < n; i++) {
        z[i] *= by;
    }
}

CB_OWNED double complex *
circle(int count, CB_OUT size_t *n, CB_OUT float complex *first)
{
    double complex *z = malloc(sizeof(*z) * (size_t)(count > 0 ? count : 1));
    for (int i = 0; i < count; i++) {
        z[i] = i + 1 * I;
    }
    *n = (size_t)count;
    *first = 2 * I;
    return z;
}
