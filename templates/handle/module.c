/* @MODULE@: a running average that Python holds as an object.
 *
 *     from @MODULE@ import average_add, average_mean, average_new
 *     with average_new("latency") as a:
 *         average_add(a, 3.0)
 *         average_mean(a)        # 3.0
 */
#include <cowbird.h> /* its first comment is the manual */
#include <stdlib.h>
#include <string.h>

/* Python never looks inside: a pointer to it is an object of class `average`,
 * and the function marked CB_CLOSES ends it. */
struct average {
    char *label;
    double sum;
    long long count;
};

/* Ends the average; also the end of `with`, and of the last reference. */
CB_CLOSES void
average_free(struct average *a)
{
    free(a->label);
    free(a);
}

/* An average of nothing yet. */
struct average *
average_new(const char *label)
{
    size_t len = strlen(label) + 1;
    struct average *a = calloc(1, sizeof(*a));
    char *copy = malloc(len);
    if (a == NULL || copy == NULL) {
        free(a);
        free(copy);
        cb_raise(CB_MemoryError, "no room for '%s'", label);
        return NULL;
    }
    memcpy(copy, label, len);
    a->label = copy;
    return a;
}

/* The mean of all that was added. */
double
average_mean(const struct average *a)
{
    if (a->count == 0) {
        return cb_raise(CB_ValueError, "'%s' is without values", a->label);
    }
    return a->sum / (double)a->count;
}

/* Adds a value; the mean with it. */
double
average_add(struct average *a, double value)
{
    a->sum += value;
    a->count++;
    return average_mean(a);
}
