/* scaffold: see scaffold.h. */
#include "scaffold.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "pyname.h"
#include "python.h"
#include "template.h"

static bool
is_among(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* A second suffix that somebody typed: with dots read as folders it would
 * become a file py.c. */
static bool
is_other_suffix(const char *text)
{
    static const char *const words[] = {
        "cc", "cpp", "cxx", "h", "hpp", "py", "pyi", "pyx", "so", NULL,
    };
    return is_among(text, words);
}

/* Folders that `run` leaves alone wherever they are. */
static bool
is_skipped_folder(const char *text)
{
    static const char *const words[] = {"build", "dist", "__pycache__", NULL};
    return is_among(text, words);
}

static bool
is_identifier(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c != '_' && !isalpha((unsigned char)*c)
            && (c == text || !isdigit((unsigned char)*c)))
        {
            return false;
        }
    }
    return text[0] != '\0';
}

/* "my-mod" is nearly my_mod; "" when nothing of it can stand. */
static void
suggest(const char *part, struct buf *help)
{
    struct buf name = BUF_INIT;
    bool has_letter = false;
    if (isdigit((unsigned char)part[0])) {
        buf_add_str(&name, "_");
    }
    for (const char *c = part; *c != '\0'; c++) {
        bool is_fine = *c == '_' || isalnum((unsigned char)*c);
        has_letter |= is_fine;
        buf_add(&name, is_fine ? c : "_", 1);
    }
    if (pyname_is_keyword(part)) {
        buf_add_str(&name, "_");
    }
    if (has_letter) {
        buf_add_fmt(help, "did you mean '%s'?", buf_text(&name));
    }
    buf_dispose(&name);
}

static int
check_part(const char *part, const char *word, struct buf *help,
           struct err *e)
{
    if (strcmp(part, "..") == 0 || strcmp(part, ".") == 0) {
        buf_add_str(help, "--dir names the folder to write to");
        return err_set(e, ERR_USAGE, "'%s' leads out of the folder", word);
    }
    if (!is_identifier(part)) {
        suggest(part, help);
        return err_set(e, ERR_USAGE,
                       "'%s' can be no module: letters, digits and '_', no "
                       "digit first",
                       part);
    }
    if (pyname_is_keyword(part)) {
        suggest(part, help);
        return err_set(e, ERR_USAGE,
                       "'%s' can be no module: it is a word of Python",
                       part);
    }
    return 0;
}

/* Splits "pkg/sub._fast.c" into its names. */
static int
split(struct list *parts, const char *word, struct buf *help, struct err *e)
{
    const char *start = strncmp(word, "./", 2) == 0 ? word + 2 : word;
    size_t len = strlen(start);
    if (start[0] == '/') {
        buf_add_str(help, "--dir names the folder to write to");
        return err_set(e, ERR_USAGE, "'%s' is no name of a module", word);
    }
    if (len > 2 && strcmp(start + len - 2, ".c") == 0) {
        len -= 2;
    }
    char *copy = mem_copy_range(start, len);
    for (char *at = copy; at != NULL;) {
        char *part = at;
        bool is_up = strncmp(at, "../", 3) == 0 || strcmp(at, "..") == 0;
        at = is_up ? strchr(at, '/') : strpbrk(at, "./");
        if (at != NULL) {
            *at++ = '\0';
        }
        list_add(parts, part);
    }
    free(copy);
    int status = 0;
    for (size_t i = 0; status == 0 && i < parts->count; i++) {
        status = check_part(parts->items[i], word, help, e);
    }
    const char *last = parts->items[parts->count - 1];
    if (status == 0 && parts->count > 1 && is_other_suffix(last)) {
        buf_add_str(help, "a name stands without a suffix, or with .c");
        status = err_set(e, ERR_USAGE, "'%s' does not name a C file", word);
    }
    for (size_t i = 0; status == 0 && i + 1 < parts->count; i++) {
        if (is_skipped_folder(parts->items[i])) {
            status = err_set(e, ERR_USAGE,
                             "'cowbird run' finds nothing in a folder named "
                             "'%s'",
                             parts->items[i]);
        }
    }
    return status;
}

/* src/ that is no package itself but holds this one is only its place. */
static bool
drops_src(const struct list *parts, const char *base)
{
    if (parts->count < 3 || strcmp(parts->items[0], "src") != 0) {
        return false;
    }
    char *outer = path_join(base, "src/__init__.py");
    char *inner = mem_format("%s/src/%s/__init__.py", base, parts->items[1]);
    bool drops = !path_is_file(outer) && path_is_file(inner);
    free(outer);
    free(inner);
    return drops;
}

int
scaffold_plan(struct scaffold *s, const char *word, const char *base,
              struct buf *help, struct err *e)
{
    struct list parts = LIST_INIT;
    *s = (struct scaffold)SCAFFOLD_INIT;
    if (split(&parts, word, help, e) < 0) {
        list_dispose(&parts);
        return -1;
    }
    char *below = list_join(&parts, "/");
    s->base = path_real(base);
    s->source = mem_format("%s/%s.c", strcmp(s->base, "/") == 0 ? "" : s->base,
                           below);
    s->stem = mem_copy_str(parts.items[parts.count - 1]);
    if (drops_src(&parts, s->base)) {
        list_remove_at(&parts, 0);
    }
    s->module = list_join(&parts, ".");
    free(below);
    list_dispose(&parts);
    return 0;
}

/* `source` without its ".c", and `suffix` instead; on the heap. */
static char *
beside(const struct scaffold *s, const char *suffix)
{
    return mem_format("%.*s%s", (int)(strlen(s->source) - 2), s->source,
                      suffix);
}

static int
check_standard_library(const struct scaffold *s, const struct python *p,
                       struct buf *help, struct err *e)
{
    char *top = mem_copy_range(s->module, strcspn(s->module, "."));
    bool has = false;
    int status = python_has_stdlib(p, top, &has, e);
    if (status == 0 && has) {
        buf_add_fmt(help, "another name, such as 'fast_%s', hides nothing",
                    top + strspn(top, "_"));
        status = err_set(e, ERR_USAGE,
                         "'%s' is a module of Python's own (%s)", top,
                         p->version);
    }
    free(top);
    return status;
}

/* Files that mean a module of the same name; the C file itself first. */
static int
check_neighbours(const struct scaffold *s, struct buf *help, struct err *e)
{
    static const char *const suffixes[] = {".c", ".py", "/__init__.py",
                                           ".cc", ".cpp"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char *path = beside(s, suffixes[i]);
        const char *shown = path_below(path, s->base);
        struct stat st;
        int status = lstat(path, &st);
        if (status == 0 && i == 0) {
            buf_add_str(help, "--force replaces it");
            err_set(e, ERR_USAGE, "%s is there already", shown);
        }
        else if (status == 0) {
            buf_add_fmt(help, "--force writes %s all the same",
                        path_base(s->source));
            err_set(e, ERR_USAGE,
                    "%s is there already: 'import %s' would no longer reach "
                    "it",
                    shown, s->module);
        }
        free(path);
        if (status == 0) {
            return -1;
        }
    }
    return 0;
}

/* A folder beside a module of its name holds nothing that Python finds. */
static int
check_packages(const struct scaffold *s, struct err *e)
{
    char *folder = path_dir(s->source);
    int status = 0;
    while (status == 0 && path_is_below(folder, s->base)) {
        char *module = mem_format("%s.py", folder);
        char *package = path_join(folder, "__init__.py");
        if (path_is_file(module) && !path_is_file(package)) {
            status = err_set(e, ERR_USAGE,
                             "%s is a module, so '%s' can be no package",
                             path_below(module, s->base),
                             path_base(folder));
        }
        free(module);
        free(package);
        char *above = path_dir(folder);
        free(folder);
        folder = above;
    }
    free(folder);
    return status;
}

int
scaffold_check(const struct scaffold *s, const struct python *p,
               bool is_forced, struct buf *help, struct err *e)
{
    if (path_is_dir(s->source)) {
        return err_set(e, ERR_USAGE, "%s is a folder",
                       path_below(s->source, s->base));
    }
    if (check_packages(s, e) < 0
        || check_standard_library(s, p, help, e) < 0)
    {
        return -1;
    }
    return is_forced ? 0 : check_neighbours(s, help, e);
}

/* Moves `from` to `to` unless something is there. */
static int
move_new(const char *from, const char *to, struct err *e)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    struct stat st;
    bool cannot = errno == EINVAL || errno == ENOSYS;
    /* Some file systems know no such rename; the moment between look and
     * rename is the best there is then. */
    if (cannot && lstat(to, &st) < 0 && rename(from, to) == 0) {
        return 0;
    }
    if (errno == EEXIST || cannot) {
        return err_set(e, ERR_USAGE, "%s is there already", to);
    }
    return err_set(e, ERR_SYSTEM, "writing %s:", to);
}

int
scaffold_add(const char *path, const struct buf *text, bool is_forced,
             struct err *e)
{
    char *folder = path_dir(path);
    /* no .c at its end: a session that watches must not take it for one */
    char *fresh = mem_format("%s.%d.new.tmp", path, (int)getpid());
    int status = path_make_dirs(folder, 0777, e);
    if (status == 0 && is_forced) {
        status = file_write(path, buf_text(text), text->len, e);
    }
    else if (status == 0) {
        status = file_write(fresh, buf_text(text), text->len, e);
        if (status == 0 && move_new(fresh, path, e) < 0) {
            unlink(fresh);
            status = -1;
        }
    }
    free(fresh);
    free(folder);
    return status;
}

int
scaffold_write(const struct scaffold *s, const struct template *t,
               bool is_forced, struct err *e)
{
    const struct template_mark marks[] = {
        {"@MODULE@", s->module}, {"@NAME@", s->stem}, {NULL, NULL}};
    struct buf text = BUF_INIT;
    template_fill_in(t->text, marks, &text);
    int status = scaffold_add(s->source, &text, is_forced, e);
    buf_dispose(&text);
    return status;
}

char *
scaffold_beside(const struct scaffold *s, const char *before,
                const char *suffix)
{
    char *folder = path_dir(s->source);
    char *path = mem_format("%s/%s%s%s", folder, before, s->stem, suffix);
    free(folder);
    return path;
}

int
scaffold_describe(const struct scaffold *s, const struct list *includes,
                  const char *root, enum database_result *result,
                  struct err *e)
{
    char *path = path_join(root, "compile_commands.json");
    struct database_entry entry = {root, path_below(s->source, root),
                                   LIST_INIT};
    list_add(&entry.arguments, "cc");
    for (size_t i = 0; i < includes->count; i++) {
        list_add_fmt(&entry.arguments, "-I%s", includes->items[i]);
    }
    list_add(&entry.arguments, entry.file);
    int status = database_merge(path, &entry, 1, result, e);
    list_dispose(&entry.arguments);
    free(path);
    return status;
}

void
scaffold_dispose(struct scaffold *s)
{
    free(s->module);
    free(s->stem);
    free(s->base);
    free(s->source);
    *s = (struct scaffold)SCAFFOLD_INIT;
}
