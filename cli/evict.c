/* evict: what the cache holds and what may leave it; cache.h's cache_measure,
 * cache_clear and cache_trim. Removes nothing that a live session names in
 * its manifest. The bench's main thread. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cache.h"
#include "file.h"
#include "list.h"
#include "mem.h"
#include "path.h"
#include "session.h"

#define MOST_BYTES ((uint64_t)2 << 30)
#define TRIM_EVERY_S (24 * 3600)

/* nftw has no data pointer. */
static uint64_t measured;

static int
add_size(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)path;
    (void)type;
    (void)at;
    measured += (uint64_t)st->st_blocks * 512;
    return 0;
}

static uint64_t
size_of(const char *path)
{
    measured = 0;
    nftw(path, add_size, 16, FTW_PHYS);
    return measured;
}

static void
find(struct list *paths, char *pattern)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            list_add(paths, found.gl_pathv[i]);
        }
    }
    globfree(&found);
    free(pattern);
}

/* Whether somebody holds `folder`/lock. */
static bool
is_held(const char *folder)
{
    char *path = path_join(folder, "lock");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    if (fd < 0) {
        return false;
    }
    bool is_free = flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return !is_free;
}

/* The manifests in a folder, one after the other. */
static void
add_manifests(const char *folder, struct buf *names)
{
    struct list files = LIST_INIT;
    find(&files, mem_format("%s/manifest.*", folder));
    for (size_t i = 0; i < files.count; i++) {
        file_read(files.items[i], names, NULL);
    }
    buf_add_str(names, folder);
    buf_add_str(names, "\n");
    list_dispose(&files);
}

/* All that live sessions name, as one text, and how many they are. */
static uint64_t
find_sessions(const char *dir, struct buf *names)
{
    struct list folders = LIST_INIT;
    struct session_info *infos = NULL;
    size_t count = 0;
    uint64_t live = 0;
    find(&folders, mem_format("%s/manifests/*/*", dir));
    for (size_t i = 0; i < folders.count; i++) {
        if (is_held(folders.items[i])) {
            add_manifests(folders.items[i], names);
            live++;
        }
    }
    list_dispose(&folders);
    session_list(&infos, &count, NULL);
    for (size_t i = 0; i < count; i++) {
        char *folder = path_dir(infos[i].socket);
        add_manifests(folder, names);
        buf_add_fmt(names, "%s/sessions/%s\n", dir, infos[i].id);
        session_info_dispose(&infos[i]);
        free(folder);
        live++;
    }
    free(infos);
    return live;
}

static size_t
count_entries(const char *dir, const char *kind)
{
    struct list found = LIST_INIT;
    find(&found, mem_format("%s/%s/*/*", dir, kind));
    size_t count = found.count;
    list_dispose(&found);
    return count;
}

int
cache_measure(struct cache_usage *u, struct err *e)
{
    *u = (struct cache_usage){.bytes = 0};
    const char *dir = cache_dir(e);
    if (dir == NULL) {
        return -1;
    }
    struct buf names = BUF_INIT;
    u->bytes = size_of(dir);
    u->artefacts = count_entries(dir, "artefacts");
    u->guests = count_entries(dir, "guests");
    u->sessions = find_sessions(dir, &names);
    buf_dispose(&names);
    return 0;
}

/* Unless somebody has a lock on the entry itself (binding_file). 0: it is
 * gone; 1: it stays. */
static int
remove_entry(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0
                     ? 1
                     : file_remove_tree(path, e);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* Everything that can be made again: entries, memories, probes. */
static void
find_removable(const char *dir, struct list *paths)
{
    static const char *const kinds[]
        = {"artefacts", "objects", "bindings", "guests", "links", "manifests"};
    static const char *const flat[]
        = {"deps",      "object-files", "extensions", "starts",
           "pythons",   "compilers",    "sessions",   "whole-sources"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        find(paths, mem_format("%s/%s/*/*", dir, kinds[i]));
    }
    for (size_t i = 0; i < sizeof(flat) / sizeof(flat[0]); i++) {
        find(paths, mem_format("%s/%s/*", dir, flat[i]));
    }
}

int
cache_clear(uint64_t *freed, struct err *e)
{
    *freed = 0;
    const char *dir = cache_dir(e);
    if (dir == NULL) {
        return -1;
    }
    struct buf names = BUF_INIT;
    struct list paths = LIST_INIT;
    int status = 0;
    find_sessions(dir, &names);
    find_removable(dir, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        if (strstr(buf_text(&names), paths.items[i]) != NULL) {
            continue;
        }
        uint64_t size = size_of(paths.items[i]);
        int left = remove_entry(paths.items[i], e);
        if (left < 0) {
            status = -1;
            break;
        }
        *freed += left == 0 ? size : 0;
    }
    list_dispose(&paths);
    buf_dispose(&names);
    return status;
}

struct entry {
    char *path;
    time_t used;
    uint64_t size;
};

static int
by_use(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    return x->used < y->used ? -1 : x->used > y->used;
}

/* An artefact's `meta` is touched whenever it is used. */
static time_t
last_use(const char *path)
{
    struct stat st;
    char *meta = path_join(path, "meta");
    time_t used = stat(meta, &st) == 0 || stat(path, &st) == 0 ? st.st_mtime
                                                               : 0;
    free(meta);
    return used;
}

/* Removes the entries that were not used for the longest until `excess` is
 * gone. */
static void
remove_oldest(const char *dir, uint64_t excess)
{
    struct list paths = LIST_INIT;
    struct buf names = BUF_INIT;
    find_sessions(dir, &names);
    find(&paths, mem_format("%s/artefacts/*/*", dir));
    find(&paths, mem_format("%s/objects/*/*", dir));
    find(&paths, mem_format("%s/bindings/*/*", dir));
    struct entry *entries = mem_new((paths.count + 1) * sizeof(*entries));
    for (size_t i = 0; i < paths.count; i++) {
        entries[i] = (struct entry){paths.items[i],
                                    last_use(paths.items[i]),
                                    size_of(paths.items[i])};
    }
    qsort(entries, paths.count, sizeof(*entries), by_use);
    uint64_t gone = 0;
    for (size_t i = 0; i < paths.count && gone < excess; i++) {
        if (strstr(buf_text(&names), entries[i].path) == NULL
            && remove_entry(entries[i].path, NULL) == 0)
        {
            gone += entries[i].size;
        }
    }
    free(entries);
    buf_dispose(&names);
    list_dispose(&paths);
}

void
cache_trim(uint64_t most)
{
    const char *dir = cache_dir(NULL);
    if (dir == NULL) {
        return;
    }
    char *stamp = path_join(dir, "trimmed");
    struct stat st;
    bool is_due = most > 0 || stat(stamp, &st) < 0
                  || time(NULL) - st.st_mtime > TRIM_EVERY_S;
    if (is_due) {
        uint64_t limit = most > 0 ? most : MOST_BYTES;
        uint64_t bytes = size_of(dir);
        if (bytes > limit) {
            remove_oldest(dir, bytes - limit + limit / 10);
        }
        file_write(stamp, "", 0, NULL);
    }
    free(stamp);
}
