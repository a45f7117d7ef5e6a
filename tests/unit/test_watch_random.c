/* Thousands of random operations on a small tree, read by the watch at random
 * moments: in the end, whoever reads a file each time it is handed on knows
 * the content of every file there is. `test_watch_random FIRST LAST` runs
 * these seeds.
 */
#include "watch_bed.h"

#include <dirent.h>
#include <ftw.h>

#include "table.h"
#include "wire/buf.h"

#define OPERATIONS 1500

/* Path → its text when it was last handed on; owned. */
static struct table known;
static unsigned seed;
static unsigned state;

static unsigned
pick(unsigned below)
{
    state = state * 1103515245u + 12345u;
    return (state >> 16) % below;
}

static char *
text_of(const char *path)
{
    struct buf b = BUF_INIT;
    if (file_read(path, &b, NULL) < 0) {
        buf_dispose(&b);
        return NULL;
    }
    buf_add(&b, "", 1);
    return buf_take(&b);
}

static void
learn(const char *path)
{
    free(table_remove(&known, path));
    char *text = text_of(path);
    if (text != NULL) {
        table_set(&known, path, text);
    }
}

static int
learn_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)where;
    if (type == FTW_F && strcmp(path_suffix(path), ".c") == 0) {
        learn(path);
    }
    return 0;
}

static void
forget_all(void)
{
    size_t at_slot = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&known, &at_slot)) != NULL) {
        free(slot->value);
    }
    table_dispose(&known);
}

static void
learn_all(void)
{
    forget_all();
    nftw(at("root"), learn_one, 16, FTW_PHYS);
}

static void
take(void *data, const struct change *change)
{
    bed_take(data, change);
    if (change->is_everything) {
        learn_all();
    }
    for (size_t i = 0; i < change->paths.count; i++) {
        learn(change->paths.items[i]);
    }
}

/* A folder of the tree: root, root/a … root/c, root/a/a … */
static const char *
some_folder(void)
{
    static const char *const names[] = {
        "root",     "root/a",   "root/b",   "root/c",  "root/a/a",
        "root/a/b", "root/b/a", "root/b/c", "outside", "outside/a"};
    return names[pick(sizeof(names) / sizeof(names[0]))];
}

static char *
some_file(void)
{
    static const char *const names[] = {"x.c", "y.c", "z.c", ".x.tmp"};
    return mem_format("%s/%s", some_folder(), names[pick(4)]);
}

static void
write_some(const char *name, bool in_place)
{
    static unsigned number;
    char text[32];
    int len = snprintf(text, sizeof(text), "text %u", ++number);
    int fd = open(at(name), O_WRONLY | O_CREAT | (in_place ? O_TRUNC : 0),
                  0644);
    if (fd >= 0) {
        CHECK(write(fd, text, (size_t)len) == len);
        if (ftruncate(fd, len) == 0) {
            close(fd);
        }
    }
}

/* What fails because nothing is there is an operation as well. */
static void
operate(void)
{
    char *one = some_file();
    char *two = some_file();
    const char *folder = some_folder();
    switch (pick(12)) {
    case 0:
    case 1:
    case 2:
        write_some(one, true);
        break;
    case 3:
    case 4:
        write_some(one, false);
        break;
    case 5:
        (void)rename(at(one), at(two));
        break;
    case 6:
        (void)unlink(at(one));
        break;
    case 7:
        if (strcmp(folder, "root") != 0 || pick(8) == 0) {
            CHECK(file_remove_tree(at(folder), NULL) == 0);
        }
        break;
    case 8:
        if (strcmp(folder, "root") != 0) {
            (void)rename(at(folder), at(some_folder()));
        }
        break;
    case 9:
        /* Not both names kept: an edit through one is no event at the
         * other. */
        if (link(at(one), at(two)) == 0) {
            CHECK(unlink(at(one)) == 0);
        }
        break;
    default:
        (void)mkdir(at(folder), 0755);
        break;
    }
    free(one);
    free(two);
}

static size_t folder_count;

static int
check_one(const char *path, const struct stat *st, int type,
          struct FTW *where)
{
    (void)st;
    (void)where;
    folder_count += type == FTW_D;
    if (type == FTW_F && strcmp(path_suffix(path), ".c") == 0) {
        char *text = text_of(path);
        char *told = table_get(&known, path);
        if (told == NULL || strcmp(told, text) != 0) {
            printf("seed %u: %s holds '%s', told '%s'\n", seed, path, text,
                   told == NULL ? "nothing" : told);
            exit(1);
        }
        free(text);
    }
    return 0;
}

static void
what_was_handed_on_last_is_what_is_there(void)
{
    bed_make();
    make_folder("outside");
    struct watch_options o = {.is_interesting = bed_filter,
                              .on_change = take};
    bed.loop = loop_new();
    bed.watch = watch_new(bed.loop, &o, NULL);
    CHECK(watch_add(bed.watch, at("root"), NULL) == 0);
    learn_all();
    for (int i = 0; i < OPERATIONS; i++) {
        operate();
        if (pick(4) == 0) {
            bed_step(clock_now_ns() + (int64_t)pick(3) * BED_MS);
        }
    }
    make_folder("root");
    bed_forget();
    wait_for_rest();
    /* A name that went waits a little longer than the marker. */
    int64_t until = clock_now_ns() + 200 * BED_MS;
    while (bed_step(until)) {
    }
    folder_count = 0;
    nftw(at("root"), check_one, 16, FTW_PHYS);
    CHECK(folder_count == watch_folder_count(bed.watch));
    size_t at_slot = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&known, &at_slot)) != NULL) {
        if (access(slot->key, F_OK) < 0) {
            printf("seed %u: nobody told that %s went\n", seed, slot->key);
            exit(1);
        }
    }
    forget_all();
    bed_remove();
}

int
main(int argc, char **argv)
{
    unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    unsigned last = argc > 2 ? (unsigned)atoi(argv[2]) : first + 5;
    for (seed = first; seed <= last; seed++) {
        state = seed;
        RUN(what_was_handed_on_last_is_what_is_there);
    }
    return 0;
}
