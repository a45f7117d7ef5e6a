/* watch_bed: a temporary folder under a watch, for tests. Waits are for
 * events and bounded; nothing sleeps to be right.
 */
#ifndef COWBIRD_TESTS_WATCH_BED_H
#define COWBIRD_TESTS_WATCH_BED_H

#include "check.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "loop.h"
#include "mem.h"
#include "path.h"
#include "watch.h"

#define BED_MS ((int64_t)1000000)
#define BED_DEADLINE_MS 20000

static struct {
    char *dir; /* links resolved */
    struct loop *loop;
    struct watch *watch;
    bool force_polling;
    int quiet_ms; /* 0: the default */
    /* what was handed on since the last look */
    struct list paths;
    size_t changes;
    bool is_everything;
    bool is_structural;
    bool saw_empty; /* a file was handed on while it was empty */
    size_t asked;
} bed;

static inline bool
bed_filter(void *data, const char *path, bool is_dir)
{
    (void)data;
    bed.asked++;
    const char *name = path_base(path);
    const char *suffix = path_suffix(path);
    return is_dir ? name[0] != '.' && strcmp(name, "build") != 0
                  : strcmp(suffix, ".c") == 0 || strcmp(suffix, ".h") == 0;
}

static inline void
bed_take(void *data, const struct change *change)
{
    (void)data;
    bed.changes++;
    bed.is_everything |= change->is_everything;
    bed.is_structural |= change->is_structural;
    CHECK(change->saved_ns > 0 && change->saved_ns <= clock_now_ns());
    for (size_t i = 0; i < change->paths.count; i++) {
        struct stat st;
        list_add_new(&bed.paths, change->paths.items[i]);
        bed.saw_empty |= stat(change->paths.items[i], &st) == 0
                         && S_ISREG(st.st_mode) && st.st_size == 0;
    }
}

/* An absolute path below the bed; borrowed until four calls later. */
static inline const char *
at(const char *name)
{
    static char *kept[4];
    static size_t next;
    free(kept[next % 4]);
    return kept[next++ % 4] = path_join(bed.dir, name);
}

static inline void
bed_forget(void)
{
    list_clear(&bed.paths);
    bed.changes = 0;
    bed.is_everything = bed.is_structural = bed.saw_empty = false;
}

static inline void
put_text(const char *name, const char *text)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static inline void
make_folder(const char *name)
{
    CHECK(path_make_dirs(at(name), 0755, NULL) == 0);
}

static inline void
bed_make(void)
{
    char dir[] = "/tmp/cowbird-watch-XXXXXX";
    CHECK(mkdtemp(dir) != NULL);
    bed.dir = path_real(dir);
    make_folder("root");
}

static inline void
bed_watch(void)
{
    struct err e = ERR_INIT;
    struct watch_options o = {.is_interesting = bed_filter,
                              .on_change = bed_take,
                              .force_polling = bed.force_polling,
                              .quiet_ms = bed.quiet_ms};
    bed.loop = loop_new();
    bed.watch = watch_new(bed.loop, &o, &e);
    CHECK(bed.watch != NULL);
    CHECK(watch_add(bed.watch, at("root"), &e) == 0);
    bed_forget();
}

static inline void
bed_remove(void)
{
    watch_free(bed.watch);
    loop_free(bed.loop);
    CHECK(file_remove_tree(bed.dir, NULL) == 0);
    free(bed.dir);
    list_dispose(&bed.paths);
    memset(&bed, 0, sizeof(bed));
}

static inline bool
bed_step(int64_t until_ns)
{
    struct err e = ERR_INIT;
    CHECK(loop_step(bed.loop, until_ns, &e) == 0);
    return clock_now_ns() < until_ns;
}

/* Runs the loop until `name` was handed on. */
static inline void
wait_for_path(const char *name)
{
    int64_t until = clock_now_ns() + BED_DEADLINE_MS * BED_MS;
    while (!list_has(&bed.paths, at(name))) {
        if (!bed_step(until)) {
            CHECK_STR("no change", at(name));
        }
    }
}

/* Runs the loop until all that happened before this call was handed on: a
 * file saved now comes last. */
static inline void
wait_for_rest(void)
{
    static int number;
    char name[64];
    snprintf(name, sizeof(name), "root/zz_marker_%d.c", ++number);
    bool is_structural = bed.is_structural;
    put_text("root/.marker", "x");
    CHECK(rename(at("root/.marker"), at(name)) == 0);
    int64_t until = clock_now_ns() + BED_DEADLINE_MS * BED_MS;
    while (!list_has(&bed.paths, at(name)) && !bed.is_everything) {
        CHECK(bed_step(until));
    }
    for (size_t i = 0; i < bed.paths.count; i++) {
        if (strcmp(bed.paths.items[i], at(name)) == 0) {
            list_remove_at(&bed.paths, i);
        }
    }
    bed.changes--;
    bed.is_structural = is_structural;
}

static inline void
check_paths(const char *want)
{
    list_sort(&bed.paths);
    struct list names = LIST_INIT;
    for (size_t i = 0; i < bed.paths.count; i++) {
        list_add(&names, path_below(bed.paths.items[i], bed.dir));
    }
    char *got = list_join(&names, " ");
    CHECK_STR(got == NULL ? "" : got, want);
    free(got);
    list_dispose(&names);
}

#endif
