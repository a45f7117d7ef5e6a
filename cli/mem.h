/* mem: memory for the bench. Running out of it ends the program with one
 * message, so no caller checks. Never used by the guest.
 */
#ifndef COWBIRD_MEM_H
#define COWBIRD_MEM_H

#include <stddef.h>

/* Zeroed. */
void *mem_new(size_t size);
/* `count` elements of `size` bytes each; `p` may be NULL. */
void *mem_resize(void *p, size_t count, size_t size);
/* Copies that the caller frees; NULL gives NULL. */
char *mem_copy_str(const char *text);
char *mem_copy_range(const char *start, size_t len);
char *mem_format(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
