/* operand: what instructions find by its distance, in loaded code.
 *
 * On x86-64 such an operand is a ModRM byte without a base and four bytes
 * (Intel SDM volume 2, 2.2.1.6); what comes before says what is done with it,
 * and whether a number follows, from behind which the distance counts. Told
 * is every place that may be one: other bytes may look so, but a place that
 * matters and is not known for what it is only keeps a caller from turning
 * anything. Elsewhere there are none. See lea.h, which is quicker.
 */
#ifndef COWBIRD_OPERAND_H
#define COWBIRD_OPERAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf;

enum operand_kind {
    OPERAND_UNKNOWN,
    OPERAND_ADDRESS, /* its address is taken */
    OPERAND_VALUE    /* it is read, compared or called */
};

struct operand {
    enum operand_kind kind;
    unsigned char *at; /* of its distance */
    uintptr_t target;  /* when it is not known: the lowest it may be */
    unsigned behind;   /* bytes of the instruction behind the distance … */
    unsigned behind_most; /* … and where that is not known, the most */
};

typedef void (*operand_take)(void *data, const struct operand *o);

/* False: this machine's are not known. */
bool operand_is_known(void);
void operand_each(const struct elf *v, operand_take take, void *data);
/* Whether it leads, or may lead, into `size` bytes at `start`. */
bool operand_leads_into(const struct operand *o, uintptr_t start, size_t size);
/* Whether it can lead to `target`: 2 GB away at most. */
bool operand_reaches(const struct operand *o, uintptr_t target);
/* Makes it lead there. Its code is open (elf_open_code). */
void operand_turn(const struct operand *o, uintptr_t target);

#endif
