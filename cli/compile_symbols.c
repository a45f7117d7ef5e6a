/* compile_symbols: whether everything that an artefact asks for can be had
 * when Python loads it; compile_job.h's compile_check_symbols.
 *
 * A shared library links with symbols missing; then the first import fails,
 * or the first call kills. Here it becomes an error at the line that uses
 * the name. Knows what a started interpreter has loaded and what the
 * artefact loads; where one of those cannot be found it stays silent. */
#include "compile_job.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "supplied.h"
#include "tool.h"
#include "toolchain.h"
#include "wire/kind.h"

struct suppliers {
    struct object **items;
    size_t count;
    struct list names; /* base names of those loaded */
    bool is_complete;
};

static bool
add_supplier(struct suppliers *s, const char *path)
{
    struct object *o = object_open(path, NULL);
    if (o == NULL) {
        return false;
    }
    s->items = mem_resize(s->items, s->count + 1, sizeof(*s->items));
    s->items[s->count++] = o;
    list_add_new(&s->names, path_base(path));
    return true;
}

/* Where the loader would look, as far as that is knowable from outside. */
static char *
find_library(const struct job *j, const char *name,
             const struct list *run_paths)
{
    struct list dirs = LIST_INIT;
    for (size_t i = 0; i < run_paths->count; i++) {
        char *copy = mem_copy_str(run_paths->items[i]);
        char *rest = copy;
        for (char *dir; (dir = strsep(&rest, ":")) != NULL;) {
            list_add(&dirs, dir);
        }
        free(copy);
    }
    for (size_t i = 0; i < j->p->libraries.count; i++) {
        char *dir = path_dir(j->p->libraries.items[i]);
        list_add_new(&dirs, dir);
        free(dir);
    }
    static const char *const usual[] = {"/lib", "/usr/lib", "/lib64",
                                        "/usr/lib64", "/usr/local/lib"};
    for (size_t i = 0; i < 5; i++) {
        list_add_new(&dirs, usual[i]);
    }
    char *found = NULL;
    for (size_t i = 0; i < dirs.count && found == NULL; i++) {
        found = path_join(dirs.items[i], name);
        if (!path_is_file(found)) {
            free(found);
            found = NULL;
        }
    }
    list_dispose(&dirs);
    return found;
}

/* Adds what `o` needs, and what that needs; depth ends circles. */
static void
add_needed(struct suppliers *s, const struct job *j, const struct object *o,
           int depth)
{
    struct list names = LIST_INIT;
    struct list run_paths = LIST_INIT;
    object_needed(o, &names, &run_paths);
    for (size_t i = 0; i < names.count && depth < 8; i++) {
        const char *name = names.items[i];
        if (list_has(&s->names, name)) {
            continue;
        }
        char *path = find_library(j, name, &run_paths);
        if (path == NULL || !add_supplier(s, path)) {
            s->is_complete = false;
        }
        else {
            add_needed(s, j, s->items[s->count - 1], depth + 1);
        }
        free(path);
    }
    list_dispose(&names);
    list_dispose(&run_paths);
}

static bool
is_supplied(const struct suppliers *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (object_defines(s->items[i], name)) {
            return true;
        }
    }
    return false;
}

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* "ns::name" of a mangled C++ name as far as it is plain names: enough to
 * find it in a source. The last name goes to `last`. */
static char *
readable(const char *symbol, char **last)
{
    *last = mem_copy_str(symbol);
    if (strncmp(symbol, "_Z", 2) != 0) {
        return mem_copy_str(symbol);
    }
    const char *at = symbol + 2;
    at += strspn(at, "NKTVSItL");
    struct list parts = LIST_INIT;
    while (isdigit((unsigned char)*at)) {
        char *end;
        size_t len = strtoul(at, &end, 10);
        if (strlen(end) < len) {
            break;
        }
        list_add_taken(&parts, mem_copy_range(end, len));
        at = end + len;
    }
    char *text = parts.count == 0 ? mem_copy_str(symbol)
                                  : list_join(&parts, "::");
    if (parts.count > 0) {
        free(*last);
        *last = mem_copy_str(parts.items[parts.count - 1]);
    }
    list_dispose(&parts);
    return text;
}

/* The first use of `name` in code: not in a comment or a string. */
static const char *
find_use(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = text; *at != '\0';) {
        if (at[0] == '/' && at[1] == '/') {
            at += strcspn(at, "\n");
        }
        else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end == NULL ? at + strlen(at) : end + 2;
        }
        else if (*at == '"' || *at == '\'') {
            char quote = *at++;
            while (*at != '\0' && *at != quote && *at != '\n') {
                at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
            }
            at += *at == quote;
        }
        else if (is_word(*at)) {
            size_t n = 0;
            while (is_word(at[n])) {
                n++;
            }
            if (n == len && strncmp(at, name, len) == 0) {
                return at;
            }
            at += n;
        }
        else {
            at++;
        }
    }
    return NULL;
}

static void
place_at_use(const struct job *j, const char *name, struct diag *d)
{
    for (size_t i = 0; i < j->sources.count; i++) {
        struct buf text = BUF_INIT;
        const char *at = NULL;
        if (file_read(j->sources.items[i], &text, NULL) == 0) {
            at = find_use(buf_text(&text), name);
        }
        if (at != NULL) {
            const char *start = buf_text(&text);
            d->path = mem_copy_str(j->sources.items[i]);
            d->line = 1;
            const char *line = start;
            for (const char *c = start; c < at; c++) {
                if (*c == '\n') {
                    d->line++;
                    line = c + 1;
                }
            }
            d->column = (unsigned)(at - line) + 1;
            d->width = (unsigned)strlen(name);
        }
        buf_dispose(&text);
        if (at != NULL) {
            return;
        }
    }
}

static void
add_error(const struct job *j, const char *symbol, struct diag_list *diags)
{
    char *last = NULL;
    char *name = readable(symbol, &last);
    struct diag *d = diag_add(diags);
    d->severity = DIAG_ERROR;
    d->message = mem_format("undefined symbol '%s': neither the module nor "
                            "Python %d.%d nor a library it links defines it",
                            name, j->p->major, j->p->minor);
    place_at_use(j, last, d);
    free(name);
    free(last);
}

bool
compile_has_static_types(const struct job *j)
{
    return kind_of(j->artefact)->id == KIND_STATIC;
}

/* A library of the module's own may be built anew at any time. */
static bool
needs_any(const struct object *o)
{
    struct list names = LIST_INIT;
    struct list run_paths = LIST_INIT;
    object_needed(o, &names, &run_paths);
    bool is = names.count > 0;
    list_dispose(&names);
    list_dispose(&run_paths);
    return is;
}

size_t
compile_check_symbols(const struct job *j, struct diag_list *diags)
{
    struct suppliers s = {.is_complete = true};
    struct object *o = object_open(j->artefact, NULL);
    struct supplied *known = NULL;
    struct list wanted = LIST_INIT;
    size_t missing = 0;
    if (o == NULL || j->p->libraries.count == 0) {
        goto done;
    }
    object_undefined(o, &wanted);
    known = needs_any(o) ? NULL : j->supplied;
    if (supplied_has(known, &wanted)) {
        goto done;
    }
    for (size_t i = 0; i < j->p->libraries.count; i++) {
        s.is_complete &= add_supplier(&s, j->p->libraries.items[i]);
    }
    add_needed(&s, j, o, 0);
    for (size_t i = 0; s.is_complete && i < wanted.count; i++) {
        if (!is_supplied(&s, wanted.items[i])) {
            add_error(j, wanted.items[i], diags);
            missing++;
        }
    }
    if (s.is_complete && missing == 0) {
        supplied_add(known, &wanted);
    }
done:
    for (size_t i = 0; i < s.count; i++) {
        object_free(s.items[i]);
    }
    free(s.items);
    list_dispose(&s.names);
    list_dispose(&wanted);
    object_free(o);
    return missing;
}
