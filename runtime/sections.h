/* sections: an object file in memory, by its sections.
 *
 * The loader maps segments; what compilers leave beside them (symbols, debug
 * information) is only in the file. Everything handed out lies in the file.
 * Any thread.
 */
#ifndef COWBIRD_SECTIONS_H
#define COWBIRD_SECTIONS_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sections {
    void *file; /* mapped; NULL when there is none */
    size_t len;
    const ElfW(Shdr) *items;
    size_t count;
    const char *names;
    const ElfW(Shdr) *symbols; /* the symbol table, or NULL */
    bool is_unread; /* it is not there, or could not be read */
};

/* False when the file is not what it should be; then it is empty. Also when it
 * is gone or could not be read just now (`is_unread`), which says nothing of
 * what was in it. */
bool sections_open(struct sections *s, const char *path);
/* Its bytes and their number; NULL when it is not there or compressed. */
const unsigned char *sections_named(const struct sections *s,
                                    const char *name, size_t *len);
/* The bytes of the file that the loader maps to `address`, and how many lie
 * there in that section; NULL: none (or zeros that are not in the file). */
const unsigned char *sections_at(const struct sections *s, uintptr_t address,
                                 size_t *len);
void sections_close(struct sections *s);

#endif
