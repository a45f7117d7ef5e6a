/* config_file: see config_file.h. */
#include "config_file.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "opt.h"
#include "path.h"
#include "toml.h"

/* Who is reading which table. */
struct place {
    struct config *c;
    const char *shown; /* the file's name, for messages */
    char *table;       /* "[tool.cowbird]", for messages */
    struct err *e;
};

/* How a value is read. */
enum kind {
    KIND_STRING,
    KIND_PROGRAM, /* a string; with a slash in it relative to the root */
    KIND_NUMBER,
    KIND_BOOLEAN,
    KIND_PY_RELOAD,
    KIND_LIST,    /* an array of strings, or one string */
    KIND_WORDS,   /* the same; one string is split like a shell's words */
    KIND_PATHS,   /* the same; relative to the root */
    KIND_SOURCES, /* the same; globs */
    KIND_MODULES, /* the tables below it */
};

struct key {
    const char *name;
    enum kind kind;
    size_t offset; /* of the target in the struct */
};

#define AT(member) offsetof(struct config, member)
static const struct key config_keys[] = {
    {"compile-path", KIND_PATHS, AT(compile_paths)},
    {"cc", KIND_PROGRAM, AT(cc)},
    {"python", KIND_PROGRAM, AT(python)},
    {"jobs", KIND_NUMBER, AT(jobs)},
    {"compile-seconds", KIND_NUMBER, AT(compile_seconds)},
    {"py-reload", KIND_PY_RELOAD, AT(py_reload)},
    {"stubs", KIND_BOOLEAN, AT(stubs)},
    {"tiers", KIND_BOOLEAN, AT(tiers)},
    {"optimise", KIND_WORDS, AT(optimise)},
    {"force-polling", KIND_BOOLEAN, AT(force_polling)},
    {"modules", KIND_MODULES, 0},
    {NULL, KIND_STRING, 0},
};
#undef AT

#define AT(member) offsetof(struct config_module, member)
static const struct key module_keys[] = {
    {"sources", KIND_SOURCES, AT(sources)},
    {"include-dirs", KIND_PATHS, AT(include_dirs)},
    {"cflags", KIND_WORDS, AT(cflags)},
    {"ldflags", KIND_WORDS, AT(ldflags)},
    {"libraries", KIND_LIST, AT(libraries)},
    {"pkg-config", KIND_LIST, AT(pkg_config)},
    {"std", KIND_STRING, AT(std)},
    {NULL, KIND_STRING, 0},
};
#undef AT

static int
refuse(const struct place *p, const struct toml *value, const char *wanted)
{
    return err_set(p->e, ERR_USAGE, "%s:%u: '%s' in %s must be %s, not %s",
                   p->shown, value->line, value->key, p->table, wanted,
                   toml_type_name(value->type));
}

static const struct key *
find_key(const struct key *keys, const char *name)
{
    for (; keys->name != NULL; keys++) {
        if (strcmp(keys->name, name) == 0) {
            return keys;
        }
    }
    return NULL;
}

static void
warn_unknown(const struct place *p, const struct key *keys,
             const struct toml *value)
{
    const char *names[16];
    size_t count = 0;
    for (; keys->name != NULL; keys++) {
        names[count++] = keys->name;
    }
    names[count] = NULL;
    const char *near = opt_near(value->key, names);
    char *hint = near == NULL ? NULL
                              : mem_format("; did you mean '%s'?", near);
    list_add_fmt(&p->c->warnings, "%s:%u: unknown key '%s' in %s%s",
                 p->shown, value->line, value->key, p->table,
                 hint == NULL ? "" : hint);
    free(hint);
}

int
config_parse_py_reload(const char *word, enum py_reload *value)
{
    static const char *const words[] = {"auto", "on", "off"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            *value = (enum py_reload)i;
            return 0;
        }
    }
    return -1;
}

/* A path of the user's with the letters escaped that glob would read. */
static char *
escape_glob(const char *path)
{
    struct buf out = BUF_INIT;
    for (; *path != '\0'; path++) {
        if (strchr("*?[\\", *path) != NULL) {
            buf_add(&out, "\\", 1);
        }
        buf_add(&out, path, 1);
    }
    return buf_take(&out);
}

/* Adds the files that `pattern` names, as seen from the root. One that names
 * none stays as it is: whoever needs the file says that it is missing. */
static void
add_sources(const struct config *c, struct list *l, const char *pattern)
{
    char *root = escape_glob(c->root);
    char *whole = path_join(root, pattern);
    glob_t found;
    if (strpbrk(pattern, "*?[") != NULL && glob(whole, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            list_add_new(l, path_below(found.gl_pathv[i], c->root));
        }
        globfree(&found);
    }
    else {
        list_add_new(l, pattern);
    }
    free(whole);
    free(root);
}

static int
add_item(const struct place *p, enum kind kind, struct list *l,
         const struct toml *value, const char *text)
{
    if (kind == KIND_SOURCES) {
        add_sources(p->c, l, text);
    }
    else if (kind == KIND_PATHS) {
        char *path = path_join(p->c->root, text);
        list_add_taken(l, path_real(path));
        free(path);
    }
    else if (kind == KIND_WORDS && value->type == TOML_STRING) {
        if (list_split(l, text) < 0) {
            return err_set(p->e, ERR_USAGE,
                           "%s:%u: '%s' in %s has an open quote", p->shown,
                           value->line, value->key, p->table);
        }
    }
    else {
        list_add(l, text);
    }
    return 0;
}

static int
read_list(const struct place *p, enum kind kind, struct list *l,
          const struct toml *value)
{
    static const char wanted[] = "a string or an array of strings";
    list_clear(l);
    if (value->type == TOML_STRING) {
        return add_item(p, kind, l, value, value->text);
    }
    if (value->type != TOML_ARRAY) {
        return refuse(p, value, wanted);
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct toml *item = value->items[i];
        if (item->type != TOML_STRING) {
            return err_set(p->e, ERR_USAGE,
                           "%s:%u: '%s' in %s must be %s, not hold %s",
                           p->shown, item->line, value->key, p->table,
                           wanted, toml_type_name(item->type));
        }
        if (add_item(p, kind, l, value, item->text) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
read_number(const struct place *p, int *target, const struct toml *value)
{
    if (value->type != TOML_INTEGER) {
        return refuse(p, value, "an integer");
    }
    if (value->integer < 0 || value->integer > CONFIG_MOST_JOBS) {
        return err_set(p->e, ERR_USAGE,
                       "%s:%u: '%s' in %s must be from 0 to %d, not %lld",
                       p->shown, value->line, value->key, p->table,
                       CONFIG_MOST_JOBS, (long long)value->integer);
    }
    *target = (int)value->integer;
    return 0;
}

static int
read_text(const struct place *p, enum kind kind, void *target,
          const struct toml *value)
{
    if (value->type != TOML_STRING) {
        return refuse(p, value, "a string");
    }
    if (kind == KIND_PY_RELOAD) {
        if (config_parse_py_reload(value->text, target) == 0) {
            return 0;
        }
        return err_set(p->e, ERR_USAGE,
                       "%s:%u: '%s' in %s must be auto, on or off, not '%s'",
                       p->shown, value->line, value->key, p->table,
                       value->text);
    }
    char **text = target;
    free(*text);
    bool is_path = kind == KIND_PROGRAM && strchr(value->text, '/') != NULL;
    *text = is_path ? path_join(p->c->root, value->text)
                    : mem_copy_str(value->text);
    return 0;
}

static int read_modules(const struct place *p, const struct toml *table,
                        const char *prefix);

static int
read_value(const struct place *p, const struct key *key, void *target,
           const struct toml *value)
{
    switch (key->kind) {
    case KIND_STRING:
    case KIND_PROGRAM:
    case KIND_PY_RELOAD:
        return read_text(p, key->kind, target, value);
    case KIND_NUMBER:
        return read_number(p, target, value);
    case KIND_BOOLEAN:
        if (value->type != TOML_BOOLEAN) {
            return refuse(p, value, "a boolean");
        }
        *(bool *)target = value->boolean;
        return 0;
    case KIND_LIST:
    case KIND_WORDS:
    case KIND_PATHS:
    case KIND_SOURCES:
        return read_list(p, key->kind, target, value);
    case KIND_MODULES:
        if (value->type != TOML_TABLE) {
            return refuse(p, value, "a table");
        }
        return read_modules(p, value, NULL);
    }
    return 0;
}

static struct config_module *
add_module(struct config *c, const char *name)
{
    c->modules = mem_resize(c->modules, c->module_count + 1,
                            sizeof(*c->modules));
    struct config_module *m = &c->modules[c->module_count++];
    *m = (struct config_module){.name = mem_copy_str(name)};
    return m;
}

/* One module's own keys; tables in it are modules below it. */
static int
read_module(const struct place *outer, const struct toml *table,
            const char *name)
{
    struct place p = *outer;
    p.table = mem_format("[tool.cowbird.modules.%s]", name);
    bool has_keys = table->count == 0;
    for (size_t i = 0; i < table->count; i++) {
        has_keys = has_keys || table->items[i]->type != TOML_TABLE
                   || find_key(module_keys, table->items[i]->key) != NULL;
    }
    struct config_module *m = has_keys ? add_module(p.c, name) : NULL;
    int status = 0;
    for (size_t i = 0; status == 0 && i < table->count; i++) {
        const struct toml *value = table->items[i];
        const struct key *key = find_key(module_keys, value->key);
        if (key != NULL) {
            status = read_value(&p, key, (char *)m + key->offset, value);
        }
        else if (value->type != TOML_TABLE) {
            warn_unknown(&p, module_keys, value);
        }
    }
    free(p.table);
    return status < 0 ? -1 : read_modules(outer, table, name);
}

static int
read_modules(const struct place *p, const struct toml *table,
             const char *prefix)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct toml *value = table->items[i];
        bool is_own_key = prefix != NULL
                          && (value->type != TOML_TABLE
                              || find_key(module_keys, value->key) != NULL);
        if (is_own_key) {
            continue;
        }
        if (value->type != TOML_TABLE) {
            return err_set(p->e, ERR_USAGE,
                           "%s:%u: '%s' in [tool.cowbird.modules] must be a "
                           "table, not %s",
                           p->shown, value->line, value->key,
                           toml_type_name(value->type));
        }
        char *name = prefix == NULL
                         ? mem_copy_str(value->key)
                         : mem_format("%s.%s", prefix, value->key);
        int status = read_module(p, value, name);
        free(name);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
read_keys(const struct place *p, const struct toml *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct toml *value = table->items[i];
        const struct key *key = find_key(config_keys, value->key);
        if (key == NULL) {
            warn_unknown(p, config_keys, value);
        }
        else if (read_value(p, key, (char *)p->c + key->offset, value) < 0) {
            return -1;
        }
    }
    return 0;
}

int
config_file_read(struct config *c, const char *shown, struct err *e)
{
    char table_name[] = "[tool.cowbird]";
    struct place p = {c, shown, table_name, e};
    struct buf text = BUF_INIT;
    struct toml *root = NULL;
    int status = -1;
    if (file_read(c->pyproject, &text, e) < 0) {
        goto done;
    }
    root = toml_parse(buf_text(&text), text.len, shown, e);
    if (root == NULL) {
        goto done;
    }
    const struct toml *ours = toml_get(toml_get(root, "tool"), "cowbird");
    if (ours != NULL && ours->type != TOML_TABLE) {
        err_set(e, ERR_USAGE, "%s:%u: 'tool.cowbird' must be a table, not %s",
                shown, ours->line, toml_type_name(ours->type));
        goto done;
    }
    c->is_configured = ours != NULL;
    status = ours == NULL ? 0 : read_keys(&p, ours);
done:
    toml_free(root);
    buf_dispose(&text);
    return status;
}
