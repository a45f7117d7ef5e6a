/* How plain functions are called: defaults, and what they give back. */
#include <cowbird.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIMIT 10
enum speed { SLOW = 1, FAST = 5 };

/* -- defaults ------------------------------------------------------------- */

double
scale(const double *x, size_t n, CB_DEFAULT(1.0) double by)
{
    return n > 0 ? x[0] * by : -by;
}

double
weigh(const double *x, CB_DEFAULT(NULL) const double *weights, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights == NULL ? x[i] : x[i] * weights[i];
    }
    return sum;
}

const char *
say(CB_DEFAULT("w\xc3\xb6rd, (a)") const char *text,
    CB_DEFAULT(NULL) const char *other)
{
    return other == NULL ? text : other;
}

long long
numbers(CB_DEFAULT(LIMIT * 2) int a, CB_DEFAULT(FAST) enum speed b,
        CB_DEFAULT(true) bool c, CB_DEFAULT(INT_MIN) int d,
        CB_DEFAULT('x') char e, CB_DEFAULT(1 << 20) int64_t f)
{
    return a + (int)b + c + (long long)d + e + f;
}

bool
all_default(CB_DEFAULT(SIZE_MAX) size_t a, CB_DEFAULT(INFINITY) double b,
            CB_DEFAULT(NAN) float c)
{
    return a == SIZE_MAX && b > 1e308 && c != c;
}

long
count_cells(CB_DEFAULT(NULL) const int *grid, size_t rows, size_t columns,
            CB_DEFAULT(NULL) char *out, size_t n)
{
    if (out != NULL) {
        memset(out, 'y', n);
    }
    return grid == NULL ? -1 - (long)(rows + columns)
                        : (long)(rows * columns);
}

/* -- several results ------------------------------------------------------ */

void
spread(const double *x, size_t n, CB_OUT double *low, CB_OUT double *high)
{
    for (size_t i = 0; i < n; i++) {
        *low = i == 0 || x[i] < *low ? x[i] : *low;
        *high = i == 0 || x[i] > *high ? x[i] : *high;
    }
}

int
divide(int a, int b, CB_OUT int *rest)
{
    if (b == 0) {
        return cb_raise(CB_ZeroDivisionError, "%d by 0", a);
    }
    *rest = a % b;
    return a / b;
}

void
one(int8_t a, CB_OUT int8_t *b)
{
    *b = a;
}

void
everything(CB_OUT bool *a, CB_OUT char *b, CB_OUT uint64_t *c,
           CB_OUT float *d, CB_OUT enum speed *e, CB_OUT const char **f,
           int given)
{
    if (given) {
        *a = true, *b = 'x', *c = UINT64_MAX, *d = 0.5f, *e = FAST;
        *f = given == 2 ? "\xff" : "text";
    }
}
