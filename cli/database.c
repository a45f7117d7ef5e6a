/* database: see database.h.
 *
 * The new text is made by splicing: bytes of other entries are copied as they
 * stand, so a merge never reformats what somebody else wrote. */
#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "json.h"
#include "mem.h"
#include "path.h"

enum { LOCK_MS = 2000 };

/* The file an entry speaks of: absolute, links resolved; NULL when it does
 * not say. */
static char *
entry_file(const struct json *entry)
{
    const char *directory = json_get_str(entry, "directory");
    const char *file = json_get_str(entry, "file");
    if (directory == NULL || file == NULL) {
        return NULL;
    }
    char *joined = path_join(directory, file);
    char *real = path_real(joined);
    free(joined);
    return real;
}

/* Readers refuse entries with keys they don't know, so ours carry no mark.
 * They are told by this: no build runs a compiler with neither -c nor -o. */
static bool
is_ours(const struct json *entry)
{
    const struct json *arguments = json_get(entry, "arguments");
    if (arguments == NULL || json_get(entry, "command") != NULL
        || json_get(entry, "output") != NULL)
    {
        return false;
    }
    for (size_t i = 0; i < arguments->count; i++) {
        const char *text = arguments->items[i].text;
        if (text != NULL
            && (strcmp(text, "-c") == 0 || strncmp(text, "-o", 2) == 0))
        {
            return false;
        }
    }
    return true;
}

static void
build_entry(const struct database_entry *entry, struct json *j)
{
    *j = (struct json){.type = JSON_OBJECT};
    json_put_str(j, "directory", entry->directory);
    json_put_str(j, "file", entry->file);
    struct json *arguments = json_put(j, "arguments", JSON_ARRAY);
    for (size_t i = 0; i < entry->arguments.count; i++) {
        json_put_str(arguments, NULL, entry->arguments.items[i]);
    }
}

static bool
is_same_entry(const struct json *a, const struct json *b)
{
    struct buf left = BUF_INIT;
    struct buf right = BUF_INIT;
    json_print(a, NULL, &left);
    json_print(b, NULL, &right);
    bool is_same = strcmp(buf_text(&left), buf_text(&right)) == 0;
    buf_dispose(&left);
    buf_dispose(&right);
    return is_same;
}

/* The blanks before `at` when it is first in its line, on the heap; NULL when
 * something else stands before it. */
static char *
margin_of(const char *text, size_t at)
{
    size_t start = at;
    while (start > 0 && (text[start - 1] == ' ' || text[start - 1] == '\t')) {
        start--;
    }
    if (start == 0 || text[start - 1] != '\n') {
        return NULL;
    }
    return mem_copy_range(text + start, at - start);
}

static void
put_entry(const struct buf *old, const struct json *all,
          const struct json *replaced, const struct json *fresh,
          struct buf *out)
{
    const struct json *last
        = all->count > 0 ? &all->items[all->count - 1] : NULL;
    const struct json *model = replaced != NULL ? replaced : last;
    char *margin = model == NULL ? mem_copy_str("  ")
                                 : margin_of(old->data, model->start);
    if (replaced != NULL) {
        buf_add(out, old->data, replaced->start);
        json_print(fresh, margin, out);
        buf_add(out, old->data + replaced->end, old->len - replaced->end);
    }
    else if (last != NULL) {
        buf_add(out, old->data, last->end);
        buf_add_str(out, margin == NULL ? ", " : ",\n");
        buf_add_str(out, margin == NULL ? "" : margin);
        json_print(fresh, margin, out);
        buf_add(out, old->data + last->end, old->len - last->end);
    }
    else {
        buf_add(out, old->data, all->start);
        buf_add_fmt(out, "[\n%s", margin);
        json_print(fresh, margin, out);
        buf_add_str(out, "\n]");
        buf_add(out, old->data + all->end, old->len - all->end);
    }
    free(margin);
}

/* Reads what is there; a missing file reads as an empty database. */
static int
read_old(const char *path, struct buf *old, struct json *all, bool *is_new,
         struct err *e)
{
    struct stat st;
    *is_new = lstat(path, &st) < 0 && errno == ENOENT;
    if (*is_new) {
        buf_add_str(old, "[]\n");
    }
    else if (file_read(path, old, e) < 0) {
        return -1;
    }
    struct err why = ERR_INIT;
    if (json_read(all, buf_text(old), old->len, &why) < 0) {
        return err_set(e, ERR_USAGE, "%s is not valid JSON: %s",
                       path_base(path), why.text);
    }
    if (all->type != JSON_ARRAY) {
        return err_set(e, ERR_USAGE, "%s holds no list of commands",
                       path_base(path));
    }
    return 0;
}

/* Merges at the same time come one after another: the folder is locked until
 * the descriptor is closed. -1 when that takes too long or cannot be: then a
 * lost entry is the smaller harm. */
static int
lock_folder(const char *path)
{
    char *folder = path_dir(path);
    int64_t deadline = clock_now_ns() + LOCK_MS * 1000000LL;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK || clock_now_ns() > deadline) {
            close(fd);
            return -1;
        }
        poll(NULL, 0, 5);
    }
    return fd;
}

/* The database's text while entries are merged into it. */
struct draft {
    struct buf text;
    struct json all;    /* of `text` */
    struct list files;  /* what each entry speaks of, "" when it does not */
    bool is_changed;
};

static void
list_files(struct draft *d)
{
    list_clear(&d->files);
    for (size_t i = 0; i < d->all.count; i++) {
        char *file = entry_file(&d->all.items[i]);
        list_add_taken(&d->files, file == NULL ? mem_copy_str("") : file);
    }
}

/* What stands at the same file's place, if anything; borrowed. */
static const struct json *
find_entry(const struct draft *d, const char *file)
{
    for (size_t i = 0; i < d->all.count; i++) {
        if (strcmp(d->files.items[i], file) == 0) {
            return &d->all.items[i];
        }
    }
    return NULL;
}

static int
merge_one(struct draft *d, const struct database_entry *entry, struct err *e)
{
    struct json fresh = JSON_INIT;
    struct buf out = BUF_INIT;
    int status = 0;
    build_entry(entry, &fresh);
    char *file = entry_file(&fresh);
    const struct json *found = find_entry(d, file);
    if (found == NULL || (is_ours(found) && !is_same_entry(found, &fresh))) {
        put_entry(&d->text, &d->all, found, &fresh, &out);
        buf_dispose(&d->text);
        json_dispose(&d->all);
        d->text = out;
        d->all = (struct json)JSON_INIT;
        d->is_changed = true;
        status = json_read(&d->all, buf_text(&d->text), d->text.len, e);
        list_files(d);
    }
    json_dispose(&fresh);
    free(file);
    return status;
}

static int
merge(const char *path, const struct database_entry *entries, size_t count,
      enum database_result *result, struct err *e)
{
    struct draft d = {BUF_INIT, JSON_INIT, LIST_INIT, false};
    bool is_new = false;
    int status = read_old(path, &d.text, &d.all, &is_new, e);
    *result = DATABASE_SAME;
    if (status == 0) {
        list_files(&d);
    }
    for (size_t i = 0; status == 0 && i < count; i++) {
        status = merge_one(&d, &entries[i], e);
    }
    if (status == 0 && d.is_changed) {
        status = file_write(path, buf_text(&d.text), d.text.len, e);
        *result = is_new ? DATABASE_CREATED : DATABASE_UPDATED;
    }
    json_dispose(&d.all);
    buf_dispose(&d.text);
    list_dispose(&d.files);
    return status;
}

int
database_merge(const char *path, const struct database_entry *entries,
               size_t count, enum database_result *result, struct err *e)
{
    char *real = path_real(path);
    int lock = lock_folder(real);
    int status = merge(real, entries, count, result, e);
    if (lock >= 0) {
        close(lock);
    }
    free(real);
    return status;
}
