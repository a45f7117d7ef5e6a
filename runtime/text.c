/* text: see text.h. A table of chains, doubled when it is full. */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/fnv.h"

#include "guard.h"

#define FIRST_ROOM 64

struct kept {
    struct kept *next;
    uint64_t sum;
    char text[];
};

static struct kept **kept; /* `room` chains */
static size_t room, count;

/* A table that stays too small is only slower. */
static void
grow(void)
{
    size_t more = room == 0 ? FIRST_ROOM : room * 2;
    struct kept **chains = calloc(more, sizeof(*chains));
    if (chains == NULL) {
        return;
    }
    for (size_t i = 0; i < room; i++) {
        while (kept[i] != NULL) {
            struct kept *k = kept[i];
            kept[i] = k->next;
            k->next = chains[k->sum % more];
            chains[k->sum % more] = k;
        }
    }
    free(kept);
    kept = chains;
    room = more;
}

static const char *
keep(const char *text)
{
    size_t len = strlen(text);
    uint64_t sum = fnv_add(FNV_START, text, len);
    if (count >= room) {
        grow();
    }
    if (room == 0) {
        return NULL;
    }
    struct kept *k = kept[sum % room];
    while (k != NULL && (k->sum != sum || strcmp(k->text, text) != 0)) {
        k = k->next;
    }
    if (k == NULL) {
        k = malloc(sizeof(*k) + len + 1);
        if (k == NULL) {
            return NULL;
        }
        memcpy(k->text, text, len + 1);
        k->sum = sum;
        k->next = kept[sum % room];
        kept[sum % room] = k;
        count++;
    }
    return k->text;
}

const char *
text_keep(const char *text, const char *known, struct err *e)
{
    if (text == NULL || (known != NULL && strcmp(text, known) == 0)) {
        return text == NULL ? NULL : known;
    }
    const char *found = keep(text);
    if (found == NULL) {
        err_set(e, ERR_SYSTEM, "out of memory for a name or a docstring");
    }
    return found;
}
