/* sum: whether a file still holds what was written into it.
 *
 * No secret and no fingerprint: it tells a cut or flipped artefact from a
 * whole one, at memory's speed. An image's name ends in the sum of its bytes
 * ("scoring-<16 hex digits>.so"), so that whoever loads it can compare. Calls
 * libc alone; any thread.
 */
#ifndef COWBIRD_SUM_H
#define COWBIRD_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUM_START UINT64_C(0x243F6A8885A308D3)

/* Goes on from `sum` over some more bytes; all but the last of several parts
 * are a multiple of eight long. */
uint64_t sum_add(uint64_t sum, const void *bytes, size_t len);
/* Of a whole file; false when it cannot be read. */
bool sum_file(const char *path, uint64_t *sum);
/* The sum that a path's name ends in; false: it has none. */
bool sum_in_name(const char *path, uint64_t *sum);

#endif
