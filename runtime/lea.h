/* lea: instructions that take an address by its distance, in loaded code.
 *
 * On x86-64; elsewhere there are none. That other bytes look like one and
 * their distance leads exactly to what is searched is out of the question.
 */
#ifndef COWBIRD_LEA_H
#define COWBIRD_LEA_H

#include <stdbool.h>
#include <stdint.h>

struct elf;

/* `at` is where the distance lies, `target` where it leads to. */
typedef void (*lea_take)(void *data, unsigned char *at, uintptr_t target);

void lea_each(const struct elf *v, lea_take take, void *data);
/* Whether the one at `at` can lead to `target`: 2 GB away at most. */
bool lea_reaches(const unsigned char *at, uintptr_t target);
/* Makes it lead there. Its code is open (elf_open_code). */
void lea_turn(unsigned char *at, uintptr_t target);

#endif
