/* Functions that are awaited. */
#include <cowbird.h>
#include <stdatomic.h>
#include <string.h>

static atomic_int inside, may_go, asked;

CB_ASYNC double
mean(const double *x, size_t n)
{
    double sum = 0;
    if (n == 0) {
        return cb_raise(CB_ValueError, "no mean of nothing");
    }
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

/* Until go(): how many were inside with it. */
CB_ASYNC int
meet(int wanted)
{
    inside++;
    while (!may_go) {
    }
    return wanted;
}

/* Until it is cancelled. */
CB_ASYNC int
endless(CB_DEFAULT(7) int answer)
{
    inside++;
    while (!cb_cancelled()) {
    }
    asked++;
    return answer;
}

CB_ASYNC void fill(char *out, size_t n) { memset(out, 'x', n); }
CB_ASYNC int visit(int (*f)(int, void *), void *data) { return f(5, data); }

int inside_now(void) { return inside; }
int asked_now(void) { return asked; }
void reset(void) { inside = may_go = asked = 0; }
void go(void) { may_go = 1; }
int cancelled(void) { return cb_cancelled(); }
