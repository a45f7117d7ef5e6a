/* tcc_listing: see tcc_listing.h. */
#include "tcc_listing.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "tcc_state.h"

void
tcc_listing_add(struct tcc_listing *l, const char *path)
{
    if (table_get(&l->seen, path) == NULL) {
        table_set(&l->seen, path, l);
        list_add(&l->files, path);
    }
}

void
tcc_listing_add_all(struct tcc_listing *l, const struct list *paths)
{
    for (size_t i = 0; i < paths->count; i++) {
        tcc_listing_add(l, paths->items[i]);
    }
}

/* "-> /usr/include/stdio.h", and a blank more for each level further in */
void
tcc_listing_read(struct tcc_listing *l, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        size_t blank = 2 + strspn(at + 2 * (len > 1), " ");
        bool is_ours = strncmp(at + blank, TCC_STATE_OURS,
                               strlen(TCC_STATE_OURS)) == 0;
        if (strncmp(at, "->", 2) == 0 && !is_ours) {
            char *file = mem_copy_range(at + blank, len - blank);
            tcc_listing_add(l, file);
            free(file);
        }
        at += len + (at[len] == '\n');
    }
}

void
tcc_listing_dispose(struct tcc_listing *l)
{
    list_dispose(&l->files);
    table_dispose(&l->seen);
}
