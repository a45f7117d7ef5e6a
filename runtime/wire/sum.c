/* sum: see sum.h. */
#include "wire/sum.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DIGITS 16

/* Each step maps different sums, and different words, to different sums: one
 * word that differs is always seen. */
static uint64_t
mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return sum ^ (sum >> 32);
}

uint64_t
sum_add(uint64_t sum, const void *bytes, size_t len)
{
    const char *at = bytes;
    uint64_t word;
    for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        sum = mix(sum, word);
    }
    if (len > 0) {
        word = 0;
        memcpy(&word, at, len);
        sum = mix(mix(sum, word), len);
    }
    return sum;
}

bool
sum_file(const char *path, uint64_t *sum)
{
    char bytes[65536];
    size_t held = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    *sum = SUM_START;
    while (fd >= 0) {
        n = read(fd, bytes + held, sizeof(bytes) - held);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        held += (size_t)n;
        if (held == sizeof(bytes)) {
            *sum = sum_add(*sum, bytes, held);
            held = 0;
        }
    }
    *sum = sum_add(*sum, bytes, held);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 && n == 0;
}

bool
sum_in_name(const char *path, uint64_t *sum)
{
    const char *end = strrchr(path, '.');
    const char *start = strrchr(path, '-');
    *sum = 0;
    if (end == NULL || start == NULL || end - start != DIGITS + 1) {
        return false;
    }
    for (const char *at = start + 1; at < end; at++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, *at, DIGITS);
        if (digit == NULL) {
            return false;
        }
        *sum = *sum << 4 | (uint64_t)(digit - digits);
    }
    return true;
}
