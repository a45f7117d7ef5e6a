/* samples: numbers that were measured, and where the middle of them lies.
 * One thread owns each.
 */
#ifndef COWBIRD_SAMPLES_H
#define COWBIRD_SAMPLES_H

#include <stddef.h>

struct samples {
    double *items;
    size_t count;
    size_t cap;
};

#define SAMPLES_INIT {NULL, 0, 0}

void samples_add(struct samples *s, double value);
void samples_add_all(struct samples *s, const struct samples *other);
/* The value below which `share` of all lie (0.5: the median), between the two
 * nearest where none lies there. 0 without any. */
double samples_at(const struct samples *s, double share);
void samples_dispose(struct samples *s);

#endif
