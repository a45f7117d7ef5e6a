/* own_pages: see own_pages.h. */
#include "own_pages.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

/* What is larger is a reservation, a sanitizer's shadow. */
#define LARGEST (16u << 20)
/* Of all together: a compiler that has read Python.h has some 10 MB. */
#define MOST (32u << 20)

static void
own(uintptr_t from, uintptr_t to, size_t page)
{
    for (uintptr_t at = from; at < to; at += page) {
        volatile char *byte = (volatile char *)at;
        *byte = *byte;
    }
}

/* A sanitizer's own memory is many times that, and slow anyhow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

/* "55d0c0000000-55d0c0021000 rw-p 00000000 00:00 0   [heap]" */
void
own_pages(void)
{
    struct buf text = BUF_INIT;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t left = MOST;
    if (!IS_SANITIZED && file_read("/proc/self/maps", &text, NULL) == 0) {
        for (const char *at = buf_text(&text); *at != '\0';) {
            unsigned long from = 0, to = 0;
            char rights[5] = "";
            size_t len = strcspn(at, "\n");
            if (sscanf(at, "%lx-%lx %4s", &from, &to, rights) == 3
                && strcmp(rights, "rw-p") == 0 && to - from <= LARGEST
                && to - from <= left)
            {
                own(from, to, page);
                left -= to - from;
            }
            at += len + (at[len] == '\n');
        }
    }
    buf_dispose(&text);
}
