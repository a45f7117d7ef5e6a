/* header_hint: see header_hint.h. */
#include "header_hint.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "opt.h"
#include "path.h"

/* "x.h: No such file or directory" (gcc), "include file 'x.h' not found"
 * (tcc), "'x.h' file not found" (clang): the name on the heap, or NULL. */
static char *
missing_header(const char *message)
{
    static const char gcc[] = ": No such file or directory";
    const char *end = strstr(message, gcc);
    const char *start = message;
    if (end == NULL) {
        if (strstr(message, "file not found") == NULL
            && strstr(message, "include file '") == NULL)
        {
            return NULL;
        }
        start = strchr(message, '\'');
        end = start == NULL ? NULL : strchr(start + 1, '\'');
        start = start == NULL ? NULL : start + 1;
    }
    return end == NULL || end == start
               ? NULL
               : mem_copy_range(start, (size_t)(end - start));
}

/* The headers of `dir`/`below` by their names as they would be included. */
static void
add_headers(struct list *names, const char *dir, const char *below)
{
    char *path = path_join(dir, below);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        const char *suffix = path_suffix(entry->d_name);
        if (strcmp(suffix, ".h") == 0 || strcmp(suffix, ".hpp") == 0) {
            list_add_fmt(names, "%s%s", below, entry->d_name);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    free(path);
}

/* Whether the include was written with quotes. */
static bool
is_quoted(const struct diag *d)
{
    return d->source == NULL || strchr(d->source, '<') == NULL;
}

static void
hint(struct diag *d, const char *name, const struct list *dirs)
{
    struct list names = LIST_INIT;
    const char *slash = strrchr(name, '/');
    char *below = mem_copy_range(name, slash == NULL
                                           ? 0
                                           : (size_t)(slash - name) + 1);
    char *own = d->path == NULL ? NULL : path_dir(d->path);
    if (own != NULL && is_quoted(d)) {
        add_headers(&names, own, below);
    }
    for (size_t i = 0; i < dirs->count; i++) {
        add_headers(&names, dirs->items[i], below);
    }
    const char *near = opt_near(name, (const char *const *)list_argv(&names));
    if (near != NULL) {
        d->help = is_quoted(d) ? mem_format("did you mean \"%s\"?", near)
                               : mem_format("did you mean <%s>?", near);
    }
    list_dispose(&names);
    free(own);
    free(below);
}

/* The words of gcc, clang and tcc. */
static bool
is_cycle(const char *message)
{
    return strstr(message, "#include nested") != NULL
           || strstr(message, "#include recursion") != NULL;
}

void
header_hint(struct diag_list *l, const struct list *dirs)
{
    for (size_t i = 0; i < l->count; i++) {
        struct diag *d = &l->items[i];
        bool is_open = d->severity == DIAG_ERROR && d->help == NULL;
        char *name = is_open && d->line > 0 ? missing_header(d->message)
                                            : NULL;
        if (is_open && is_cycle(d->message)) {
            d->help = mem_copy_str("it is included by what it includes: begin "
                                   "it with '#pragma once'");
        }
        else if (name != NULL) {
            hint(d, name, dirs);
        }
        free(name);
    }
}
