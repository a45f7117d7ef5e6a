/* The five functions for those who bind an existing C library. */
#include <stddef.h>

struct point {
    double x;
    double y;
};

int next(int n);
double product(double a, double b);
const char *tail(const char *text);
double mean(const double *values, size_t n);
struct point turned(struct point p);
