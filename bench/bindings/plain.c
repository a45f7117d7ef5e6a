/* The five functions as a user of cowbird writes them. */
#include <cowbird.h>

struct point {
    double x;
    double y;
};

int
next(int n)
{
    return n + 1;
}

double
product(double a, double b)
{
    return a * b;
}

const char *
tail(const char *text)
{
    return text[0] != '\0' ? text + 1 : text;
}

double
mean(const double *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return n > 0 ? sum / n : 0.0;
}

struct point
turned(struct point p)
{
    return (struct point){-p.y, p.x};
}
