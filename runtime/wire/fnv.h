/* fnv: FNV-1a, a sum of bytes for tables of names and for telling whether
 * something is as it was; anybody can make two that are alike. Any thread.
 */
#ifndef COWBIRD_FNV_H
#define COWBIRD_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_START UINT64_C(14695981039346656037)

/* Goes on from `sum` over some more bytes. */
static inline uint64_t
fnv_add(uint64_t sum, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ at[i]) * UINT64_C(1099511628211);
    }
    return sum;
}

#endif
