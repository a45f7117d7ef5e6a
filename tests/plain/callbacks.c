/* Functions that call Python back. */
#include <cowbird.h>
#include <pthread.h>
#include <string.h>

typedef int (*visitor)(void *data, int item);

/* How many were visited until one said no. */
int
each(int n_turns, visitor visit, void *data)
{
    int i = 0;
    while (i < n_turns && visit(data, i)) {
        i++;
    }
    return i;
}

CB_NOGIL int
each_away(int n_turns, visitor visit, void *data)
{
    return each(n_turns, visit, data);
}

/* The data first, here and there. */
double
sum(void *data, double (*f)(double x, int8_t y, bool z, void *), int n_turns)
{
    double all = 0;
    for (int i = 0; i < n_turns; i++) {
        all += f(i, (int8_t)-i, i > 0, data);
    }
    return all;
}

const char *
last(const char *first, const char *(*next)(const char *, void *), void *data)
{
    static char text[100];
    const char *at = first;
    while (at != NULL) {
        strncpy(text, at, sizeof(text) - 1);
        at = next(at, data);
    }
    return text;
}

void
tell(CB_DEFAULT(NULL) void (*said)(void *, unsigned char), void *data)
{
    if (said != NULL) {
        said(data, 200);
    }
}

int
raises_too(visitor visit, void *data)
{
    int got = visit(data, 1);
    return cb_raise(CB_IndexError, "got %d", got);
}

int
raises_first(visitor visit, void *data)
{
    cb_raise(CB_IndexError, "first");
    return visit(data, 1);
}

int both(visitor a, void *a_data, visitor b, void *b_data)
{
    return a(a_data, 1) * 10 + b(b_data, 2);
}

/* -- from other threads --------------------------------------------------- */

struct share {
    visitor visit;
    void *data;
    int sum;
};

static void *
work(void *argument)
{
    struct share *s = argument;
    for (int i = 0; i < 100; i++) {
        s->sum += s->visit(s->data, i);
    }
    return NULL;
}

CB_NOGIL int
spread(visitor visit, void *data)
{
    pthread_t threads[4];
    struct share shares[4];
    int sum = 0;
    for (int i = 0; i < 4; i++) {
        shares[i] = (struct share){visit, data, 0};
        if (pthread_create(&threads[i], NULL, work, &shares[i]) != 0) {
            return -1;
        }
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        sum += shares[i].sum;
    }
    return sum;
}
