/* operand: see operand.h. */
#include "operand.h"

#include <string.h>

#include "elfview.h"

#include "guard.h"

#define DISTANCE_LEN 4
#define BEHIND_MOST 4 /* bytes of a number behind it */

#if defined(__x86_64__)

/* The byte `count` before, 0 where the code begins later. */
static unsigned
before(const unsigned char *start, const unsigned char *modrm, int count)
{
    return modrm - start >= count ? modrm[-count] : 0;
}

/* Whether the opcode is of another map than the first: behind 0F, 0F 38 or
 * 0F 3A, or behind a VEX or EVEX prefix (SDM volume 2, 2.3.5 and 2.7). Other
 * bytes may look so. With the short VEX only the second map can be meant,
 * where none of the codes is that are known below but 63. */
static bool
is_escaped(const unsigned char *start, const unsigned char *modrm)
{
    unsigned second = before(start, modrm, 2);
    unsigned third = before(start, modrm, 3);
    unsigned map = third & 0x1f;
    return second == 0x0f
           || (third == 0x0f && (second == 0x38 || second == 0x3a))
           || (third == 0xc5 && modrm[-1] == 0x63)
           || (before(start, modrm, 4) == 0xc4 && map >= 1 && map <= 3)
           || before(start, modrm, 5) == 0x62;
}

/* What the first map's opcodes do with it; where that is not known, how many
 * bytes may follow it. */
static enum operand_kind
kind_of(const unsigned char *modrm, struct operand *o)
{
    unsigned code = modrm[-1];
    unsigned more = (modrm[0] >> 3) & 7;
    bool is_wide = (modrm[-2] & 0xfb) == 0x48; /* REX.W */
    switch (code) {
    case 0x8d: /* lea */
        return is_wide ? OPERAND_ADDRESS : OPERAND_UNKNOWN;
    case 0x8b: /* mov from it */
    case 0x39: /* cmp */
    case 0x3b:
    case 0x85: /* test */
        return OPERAND_VALUE;
    case 0x63: /* movslq */
        return is_wide ? OPERAND_VALUE : OPERAND_UNKNOWN;
    case 0xff: /* call, jmp, push */
        return more == 2 || more == 4 || more == 6 ? OPERAND_VALUE
                                                   : OPERAND_UNKNOWN;
    case 0x80: /* with one byte */
    case 0x83:
    case 0xc6:
        o->behind = o->behind_most = 1;
        return code == 0x83 && more == 7 ? OPERAND_VALUE /* cmp */
                                         : OPERAND_UNKNOWN;
    case 0x81: /* with two or four */
    case 0xc7:
        o->behind = 2;
        o->behind_most = 4;
        return OPERAND_UNKNOWN;
    case 0x01: /* with none: add, sub, mov to it */
    case 0x29:
    case 0x88:
    case 0x89:
        return OPERAND_UNKNOWN;
    default:
        o->behind_most = BEHIND_MOST;
        return OPERAND_UNKNOWN;
    }
}

static enum operand_kind
escaped_kind_of(const unsigned char *modrm, struct operand *o)
{
    unsigned code = modrm[-1];
    if (modrm[-2] == 0x0f /* movzx, movsx */
        && (code == 0xb6 || code == 0xb7 || code == 0xbe || code == 0xbf))
    {
        return OPERAND_VALUE;
    }
    o->behind_most = BEHIND_MOST; /* it may be of the first map after all */
    return OPERAND_UNKNOWN;
}

struct search {
    operand_take take;
    void *data;
};

static void
look(unsigned char *start, unsigned char *end, void *data)
{
    const struct search *s = data;
    for (unsigned char *m = start + 2; end - m > DISTANCE_LEN; m++) {
        if ((*m & 0xc7) != 0x05) {
            continue;
        }
        int32_t distance;
        struct operand o = {.at = m + 1};
        o.kind = is_escaped(start, m) ? escaped_kind_of(m, &o)
                                      : kind_of(m, &o);
        memcpy(&distance, o.at, sizeof(distance));
        o.target = (uintptr_t)o.at + DISTANCE_LEN + o.behind
                   + (uintptr_t)(intptr_t)distance;
        s->take(s->data, &o);
    }
}

#endif

bool
operand_is_known(void)
{
#if defined(__x86_64__)
    return true;
#else
    return false;
#endif
}

void
operand_each(const struct elf *v, operand_take take, void *data)
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
operand_leads_into(const struct operand *o, uintptr_t start, size_t size)
{
    size_t more = o->behind_most > o->behind ? o->behind_most - o->behind : 0;
    return o->target + more >= start && o->target < start + size;
}

static int64_t
distance_to(const struct operand *o, uintptr_t target)
{
    return (int64_t)(target - (uintptr_t)o->at - DISTANCE_LEN - o->behind);
}

bool
operand_reaches(const struct operand *o, uintptr_t target)
{
    int64_t distance = distance_to(o, target);
    return distance == (int32_t)distance;
}

void
operand_turn(const struct operand *o, uintptr_t target)
{
    int32_t distance = (int32_t)distance_to(o, target);
    memcpy(o->at, &distance, sizeof(distance));
}
