/* includes: see includes.h. */
#include "includes.h"

#include <stdlib.h>

#include "csource.h"
#include "file.h"
#include "mem.h"
#include "path.h"

/* More than that is no project but a loop of links. */
#define MOST 20000

bool
includes_is_system(const struct include_search *s, const char *path)
{
    for (size_t i = 0; i < s->system->count; i++) {
        if (path_is_below(path, s->system->items[i])) {
            return true;
        }
    }
    return false;
}

/* Adds `dir`/`name`; true when the file is there and the search ends. */
static bool
try_place(const struct include_search *s, const char *dir, const char *name,
          struct list *found)
{
    char *path = path_join(dir, name);
    bool is_there = path_is_file(path);
    if (!includes_is_system(s, path)) {
        list_add_new(found, path);
    }
    free(path);
    return is_there;
}

static void
search(const struct include_search *s, const char *includer,
       const char *marked, struct list *found)
{
    const char *name = marked + 1;
    if (marked[0] == '"' && name[0] != '/') {
        char *dir = path_dir(includer);
        bool is_there = try_place(s, dir, name, found);
        free(dir);
        if (is_there) {
            return;
        }
    }
    for (size_t i = 0; i < s->dirs->count; i++) {
        if (try_place(s, s->dirs->items[i], name, found)) {
            return;
        }
    }
}

static void
take_file(const struct include_search *s, const char *path,
          struct list *found)
{
    struct buf text = BUF_INIT;
    if (path_is_file(path) && file_read(path, &text, NULL) == 0) {
        struct csource c;
        csource_read(&c, buf_text(&text), text.len, NULL);
        for (size_t i = 0; i < c.includes.count && found->count < MOST; i++)
        {
            search(s, path, c.includes.items[i], found);
        }
        csource_dispose(&c);
    }
    buf_dispose(&text);
}

void
includes_collect(const struct include_search *s, const struct list *sources,
                 struct list *found)
{
    for (size_t i = 0; i < sources->count; i++) {
        take_file(s, sources->items[i], found);
    }
    for (size_t i = 0; i < found->count; i++) {
        take_file(s, found->items[i], found);
    }
}
