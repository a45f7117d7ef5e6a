/* supplied: see supplied.h. */
#include "supplied.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM (256u << 10)

struct supplied {
    atomic_flag is_adding; /* for good, when a fork dies meanwhile */
    atomic_size_t len;
    char names[ROOM]; /* each with its 0; `len` bytes are there to read */
};

struct supplied *
supplied_new(void)
{
    void *made = mmap(NULL, sizeof(struct supplied), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return made == MAP_FAILED ? NULL : made;
}

/* The place behind `name`, looked for from `from` on and then before it: most
 * artefacts ask in the order of the one before. NULL: it is not there. */
static const char *
find(const struct supplied *s, size_t len, const char *from, const char *name)
{
    const char *end = s->names + len;
    const char *at = from;
    do {
        if (at == end) {
            at = s->names;
        }
        const char *next = at + strlen(at) + 1;
        if (strcmp(at, name) == 0) {
            return next;
        }
        at = next;
    } while (at != from && !(at == end && from == s->names));
    return NULL;
}

bool
supplied_has(const struct supplied *s, const struct list *names)
{
    size_t len = s == NULL ? 0 : atomic_load(&s->len);
    const char *at = len == 0 ? NULL : s->names;
    for (size_t i = 0; at != NULL && i < names->count; i++) {
        at = find(s, len, at, names->items[i]);
    }
    return at != NULL;
}

void
supplied_add(struct supplied *s, const struct list *names)
{
    if (s == NULL || atomic_flag_test_and_set(&s->is_adding)) {
        return;
    }
    size_t len = atomic_load(&s->len);
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        size_t size = strlen(name) + 1;
        bool is_there = len > 0 && find(s, len, s->names, name) != NULL;
        if (!is_there && size <= ROOM - len) {
            memcpy(s->names + len, name, size);
            len += size;
        }
    }
    atomic_store(&s->len, len);
    atomic_flag_clear(&s->is_adding);
}
