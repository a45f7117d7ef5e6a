/* maps: see maps.h. */
#include "pyabi.h"

#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"

static bool
read_text(struct maps *m)
{
    size_t len = 0;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    for (;;) {
        ssize_t n = read(fd, m->text + len, m->room - 1 - len);
        if (n > 0) {
            len += (size_t)n;
        }
        else if (n == 0 || errno != EINTR) {
            close(fd);
            m->text[len] = '\0';
            return n == 0 && len < m->room - 1;
        }
    }
}

/* "7f00-7f10 rw-p 00000000 fe:01 123   /usr/lib/x.so" */
static bool
read_line(char *line, struct mapping *out)
{
    char *at = line;
    out->start = strtoul(at, &at, 16);
    if (*at != '-') {
        return false;
    }
    out->end = strtoul(at + 1, &at, 16);
    if (strlen(at) < 6) {
        return false;
    }
    out->can_read = at[1] == 'r';
    out->can_write = at[2] == 'w';
    out->can_run = at[3] == 'x';
    out->is_shared = at[4] == 's';
    at += 5;
    for (int field = 0; field < 3; field++) {
        at += strspn(at, " ");
        at += strcspn(at, " ");
    }
    out->name = at + strspn(at, " ");
    return true;
}

bool
maps_read(struct maps *m)
{
    m->count = 0;
    if (!read_text(m)) {
        return false;
    }
    for (char *line = m->text; *line != '\0';) {
        char *end = line + strcspn(line, "\n");
        bool is_last = *end == '\0';
        *end = '\0';
        if (m->count == m->items_room
            || !read_line(line, &m->items[m->count]))
        {
            return false;
        }
        m->count++;
        line = is_last ? end : end + 1;
    }
    return true;
}

const struct mapping *
maps_find(const struct maps *m, uintptr_t address)
{
    size_t low = 0;
    size_t high = m->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (address < m->items[middle].start) {
            high = middle;
        }
        else if (address >= m->items[middle].end) {
            low = middle + 1;
        }
        else {
            return &m->items[middle];
        }
    }
    return NULL;
}
