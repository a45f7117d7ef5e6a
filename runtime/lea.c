/* lea: see lea.h. */
#include "lea.h"

#include <string.h>

#include "elfview.h"

#include "guard.h"

/* 64 bits, of a distance from the next instruction: REX.W 8D, and a ModRM byte
 * without a base (Intel SDM volume 2, 2.2.1.6 and LEA). */
#define LEA 0x8d
#define LEA_LEN 4 /* of its distance */

static int64_t
distance_to(const unsigned char *at, uintptr_t target)
{
    return (int64_t)(target - (uintptr_t)at - LEA_LEN);
}

#if defined(__x86_64__)

struct search {
    lea_take take;
    void *data;
};

static void
look(unsigned char *start, unsigned char *end, void *data)
{
    const struct search *s = data;
    unsigned char *at = start + 1;
    while (at < end && (at = memchr(at, LEA, (size_t)(end - at))) != NULL) {
        if ((at[-1] & 0xfb) == 0x48 && end - at >= 2 + LEA_LEN
            && (at[1] & 0xc7) == 0x05)
        {
            int32_t distance;
            memcpy(&distance, at + 2, sizeof(distance));
            s->take(s->data, at + 2,
                    (uintptr_t)at + 2 + LEA_LEN
                        + (uintptr_t)(intptr_t)distance);
        }
        at++;
    }
}

#endif

void
lea_each(const struct elf *v, lea_take take, void *data)
{
#if defined(__x86_64__)
    elf_each_code(v, look, &(struct search){take, data});
#else
    (void)v;
    (void)take;
    (void)data;
#endif
}

bool
lea_reaches(const unsigned char *at, uintptr_t target)
{
    int64_t distance = distance_to(at, target);
    return distance == (int32_t)distance;
}

void
lea_turn(unsigned char *at, uintptr_t target)
{
    int32_t distance = (int32_t)distance_to(at, target);
    memcpy(at, &distance, sizeof(distance));
}
