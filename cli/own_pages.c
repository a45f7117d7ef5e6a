/* own_pages: see own_pages.h. */
#include "own_pages.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file.h"

/* What is larger is a reservation, a sanitizer's shadow. */
#define LARGEST (16u << 20)
/* Of all together: a compiler that has read Python.h has some 10 MB. */
#define MOST_PAGES 8192
/* Documentation/admin-guide/mm/pagemap.rst */
#define IS_PRESENT (UINT64_C(1) << 63)
#define IS_EXCLUSIVE (UINT64_C(1) << 56)

struct own_pages {
    size_t count;
    uintptr_t at[MOST_PAGES]; /* rising */
};

struct range {
    uintptr_t from, to;
};

/* The next private, writable one of a text like /proc/self/maps', in which
 * addresses rise: "55d0c0000000-55d0c0021000 rw-p 00000000 00:00 0 [heap]" */
static bool
next_range(const char **text, struct range *r)
{
    while (**text != '\0') {
        unsigned long from = 0, to = 0;
        char rights[5] = "";
        size_t len = strcspn(*text, "\n");
        int read = sscanf(*text, "%lx-%lx %4s", &from, &to, rights);
        *text += len + ((*text)[len] == '\n');
        if (read == 3 && strcmp(rights, "rw-p") == 0 && to - from <= LARGEST)
        {
            *r = (struct range){from, to};
            return true;
        }
    }
    return false;
}

struct own_pages *
own_pages_new(void)
{
    void *made = mmap(NULL, sizeof(struct own_pages), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return made == MAP_FAILED ? NULL : made;
}

static void
note_range(struct own_pages *o, const struct range *r, int pagemap)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t count = (r->to - r->from) / page;
    size_t len = count * sizeof(uint64_t);
    uint64_t *words = malloc(len);
    bool is_known = words != NULL
                    && pread(pagemap, words, len,
                             (off_t)(r->from / page * sizeof(uint64_t)))
                           == (ssize_t)len;
    const uint64_t wanted = IS_PRESENT | IS_EXCLUSIVE;
    for (size_t i = 0; i < count && o->count < MOST_PAGES; i++) {
        if (!is_known || (words[i] & wanted) == wanted) {
            o->at[o->count++] = r->from + i * page;
        }
    }
    free(words);
}

void
own_pages_note(struct own_pages *o)
{
    struct buf text = BUF_INIT;
    struct range r;
    if (o != NULL && file_read("/proc/self/maps", &text, NULL) == 0) {
        int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
        const char *at = buf_text(&text);
        o->count = 0;
        while (next_range(&at, &r)) {
            note_range(o, &r, pagemap);
        }
        close(pagemap);
    }
    buf_dispose(&text);
}

/* A heap's pages, where it has nothing as well. */
__attribute__((no_sanitize("address", "thread"))) static void
touch(uintptr_t at)
{
    volatile char *byte = (volatile char *)at;
    *byte = *byte;
}

void
own_pages_take(const struct own_pages *o)
{
    struct buf text = BUF_INIT;
    struct range r;
    if (o != NULL && o->count > 0
        && file_read("/proc/self/maps", &text, NULL) == 0)
    {
        size_t i = 0;
        const char *at = buf_text(&text);
        while (next_range(&at, &r)) {
            while (i < o->count && o->at[i] < r.from) {
                i++;
            }
            for (; i < o->count && o->at[i] < r.to; i++) {
                touch(o->at[i]);
            }
        }
    }
    buf_dispose(&text);
}
