/* What watch does when the system says no, loses events, or is kept busy. */
#include "watch_bed.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <sys/inotify.h>

#include "watch_raw.h"

static struct {
    int init_count;
    int add_count;
    int add_limit;
    int quiet_count; /* folders watched without IN_MODIFY */
    int pipe[2];
} fake;

static long
no_type(int fd)
{
    (void)fd;
    return -1;
}

static int
real_add(int fd, const char *path, uint32_t mask)
{
    fake.add_count++;
    fake.quiet_count += (mask & IN_MODIFY) == 0;
    return inotify_add_watch(fd, path, mask);
}

static void
begin(void)
{
    memset(&fake, 0, sizeof(fake));
    bed_make();
    put_text("root/a.c", "one");
    make_folder("root/pkg");
    put_text("root/pkg/b.c", "one");
}

static void
end(void)
{
    bed_remove();
    watch_stand_in(NULL);
}

static long
limit_in(const char *form, const char *what)
{
    char path[64];
    long number = LONG_MAX;
    snprintf(path, sizeof(path), form, what);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL && fscanf(file, "%ld", &number) == 1);
    fclose(file);
    return number;
}

/* "limit of 8192 inotify watches": the machine's, or the user namespace's
 * where that is lower. */
static void
check_reason(const char *what)
{
    long number = limit_in("/proc/sys/fs/inotify/max_user_%s", what);
    long own = limit_in("/proc/sys/user/max_inotify_%s", what);
    char want[128];
    snprintf(want, sizeof(want), "limit of %ld inotify %s",
             own < number ? own : number, what);
    CHECK_STR(watch_reason(bed.watch), want);
}

static void
check_seen(const char *name)
{
    bed_forget();
    put_text(name, "more than before");
    wait_for_path(name);
}

static void
inotify_says_so_and_gives_no_reason(void)
{
    begin();
    bed_watch();
    CHECK_STR(watch_method(bed.watch), "inotify");
    CHECK_STR(watch_reason(bed.watch), "");
    end();
}

static void
polling_can_be_forced(void)
{
    begin();
    bed.force_polling = true;
    bed_watch();
    CHECK_STR(watch_method(bed.watch), "polling");
    CHECK_STR(watch_reason(bed.watch), "COWBIRD_FORCE_POLLING is set");
    check_seen("root/pkg/b.c");
    end();
}

static int
no_init(int flags)
{
    (void)flags;
    errno = EMFILE;
    return -1;
}

static void
without_an_inotify_instance_it_polls_and_names_the_limit(void)
{
    begin();
    watch_stand_in(&(struct watch_system){no_init, real_add, no_type});
    bed_watch();
    CHECK_STR(watch_method(bed.watch), "polling");
    check_reason("instances");
    check_seen("root/a.c");
    check_seen("root/pkg/b.c");
    end();
}

static int
limited_add(int fd, const char *path, uint32_t mask)
{
    if (fake.add_count >= fake.add_limit) {
        errno = ENOSPC;
        return -1;
    }
    return real_add(fd, path, mask);
}

static void
without_further_inotify_watches_it_polls_what_is_left(void)
{
    begin();
    fake.add_limit = 1;
    watch_stand_in(
        &(struct watch_system){inotify_init1, limited_add, no_type});
    bed_watch();
    CHECK_STR(watch_method(bed.watch), "inotify and polling");
    check_reason("watches");
    CHECK(watch_folder_count(bed.watch) == 2);
    check_seen("root/a.c");
    check_seen("root/pkg/b.c");
    make_folder("root/new");
    check_seen("root/new/c.c");
    end();
}

static long
nfs_type(int fd)
{
    (void)fd;
    return 0x6969;
}

static void
a_network_file_system_is_polled_and_named(void)
{
    begin();
    watch_stand_in(&(struct watch_system){inotify_init1, real_add, nfs_type});
    bed_watch();
    CHECK_STR(watch_method(bed.watch), "polling");
    CHECK(strncmp(watch_reason(bed.watch), "nfs at /", 8) == 0);
    CHECK(fake.add_count == 0);
    check_seen("root/a.c");
    /* Nobody can be asked who has the file open: an empty one waits. */
    bed_forget();
    int fd = open(at("root/a.c"), O_WRONLY | O_TRUNC);
    int64_t until = clock_now_ns() + 400 * BED_MS;
    while (bed_step(until)) {
    }
    CHECK(bed.changes == 0);
    CHECK(write(fd, "x", 1) == 1);
    close(fd);
    wait_for_path("root/a.c");
    CHECK(!bed.saw_empty);
    end();
}

static void
blind_file_systems_are_known_by_name(void)
{
    CHECK_STR(watch_blind_name(0x6969), "nfs");
    CHECK_STR(watch_blind_name(0x65735546), "fuse");
    CHECK_STR(watch_blind_name((long)0xFFFFFFFFFF534D42), "cifs");
    CHECK_STR(watch_blind_name(0x01021997), "9p");
    CHECK(watch_blind_name(0xEF53) == NULL); /* ext4 */
    CHECK(watch_blind_name(0x794C7630) == NULL); /* overlayfs */
    CHECK(watch_blind_name(-1) == NULL);
}

static int
piped_init(int flags)
{
    (void)flags;
    fake.init_count++;
    CHECK(pipe2(fake.pipe, O_NONBLOCK | O_CLOEXEC) == 0);
    return fake.pipe[0];
}

static int
numbered_add(int fd, const char *path, uint32_t mask)
{
    (void)fd;
    (void)path;
    (void)mask;
    return ++fake.add_count;
}

static void
an_overflow_watches_all_anew_and_is_about_everything(void)
{
    begin();
    watch_stand_in(&(struct watch_system){piped_init, numbered_add, no_type});
    bed_watch();
    int writer = fake.pipe[1];
    int adds = fake.add_count;
    make_folder("root/missed"); /* its event is one of the lost */
    struct inotify_event event = {.wd = -1, .mask = IN_Q_OVERFLOW};
    CHECK(write(writer, &event, sizeof(event)) == sizeof(event));
    int64_t until = clock_now_ns() + BED_DEADLINE_MS * BED_MS;
    while (bed.changes == 0 && bed_step(until)) {
    }
    CHECK(bed.changes == 1 && bed.is_everything && bed.is_structural);
    CHECK(fake.init_count == 2 && fake.add_count == adds * 2 + 1);
    CHECK(watch_folder_count(bed.watch) == 3);
    close(writer);
    close(fake.pipe[1]);
    end();
}

/* A checkout while nobody reads: more events than the queue holds. */
static void
a_storm_past_the_queue_ends_in_everything_and_a_live_watch(void)
{
    begin();
    bed_watch();
    long limit = 0;
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    CHECK(file != NULL && fscanf(file, "%ld", &limit) == 1);
    fclose(file);
    long files = limit / 3 + 500 > 50000 ? 5000 : limit / 3 + 500;
    for (long i = 0; i < files; i++) {
        char name[64];
        snprintf(name, sizeof(name), "root/pkg/s%ld.c", i);
        put_text(name, "x");
    }
    make_folder("root/last/deep");
    put_text("root/last/deep/z.c", "x");
    int64_t until = clock_now_ns() + BED_DEADLINE_MS * BED_MS;
    while (!bed.is_everything
           && !list_has(&bed.paths, at("root/last/deep/z.c"))
           && bed_step(until))
    {
    }
    CHECK(bed.is_everything || files == 5000);
    CHECK(bed.is_structural);
    CHECK(watch_folder_count(bed.watch) == 4);
    check_seen("root/last/deep/z.c");
    CHECK(!bed.is_everything);
    end();
}

static void
a_storm_that_is_read_in_time_names_every_file(void)
{
    begin();
    bed_watch();
    for (int i = 0; i < 5000; i++) {
        char name[64];
        snprintf(name, sizeof(name), "root/pkg/s%d.c", i);
        put_text(name, "x");
        if (i % 50 == 0) {
            bed_step(clock_now_ns());
        }
    }
    int64_t until = clock_now_ns() + BED_DEADLINE_MS * BED_MS;
    while (bed.paths.count < 5000 && bed_step(until)) {
    }
    CHECK(bed.paths.count == 5000 && !bed.is_everything);
    CHECK(bed.changes <= 20);
    end();
}

/* A log or a database in the project: its writes must not keep us awake. */
static void
a_folder_full_of_other_writes_is_heard_less_and_loses_nothing(void)
{
    begin();
    watch_stand_in(&(struct watch_system){inotify_init1, real_add, no_type});
    bed_watch();
    int before = fake.quiet_count;
    int fd = open(at("root/app.log"), O_WRONLY | O_CREAT, 0644);
    for (int i = 0; i < 200; i++) {
        CHECK(write(fd, "line\n", 5) == 5);
        bed_step(clock_now_ns());
    }
    CHECK(fake.quiet_count == before + 1);
    check_seen("root/a.c");
    check_seen("root/pkg/b.c");
    close(fd);
    CHECK(bed.changes == 1);
    end();
}

extern size_t __sanitizer_get_current_allocated_bytes(void)
    __attribute__((weak));

static size_t
bytes_in_use(void)
{
    return __sanitizer_get_current_allocated_bytes != NULL
               ? __sanitizer_get_current_allocated_bytes()
               : mallinfo2().uordblks;
}

/* Without a truncation, which ext4 answers with a flush at close. */
static void
overwrite(const char *name)
{
    int fd = open(at(name), O_WRONLY | O_CREAT, 0644);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
}

static void
a_hundred_thousand_events_leave_memory_flat(void)
{
    begin();
    bed_watch();
    size_t before = 0;
    char name[64];
    for (int i = 0; i < 34000; i++) {
        /* created, written, closed, deleted; under many names */
        snprintf(name, sizeof(name), "root/f%d.c", i % 1000);
        overwrite(name);
        if (i % 7 == 0) {
            CHECK(unlink(at(name)) == 0);
        }
        if (i % 100 == 0) {
            bed_step(clock_now_ns());
        }
        if (i == 6000 || i == 33999) {
            wait_for_rest();
            bed_forget();
        }
        if (i == 6000) {
            before = bytes_in_use();
        }
    }
    size_t after = bytes_in_use();
    if (after > before + 100000) {
        printf("%zu bytes before, %zu after\n", before, after);
    }
    CHECK(after <= before + 100000);
    end();
}

int
main(void)
{
    RUN(inotify_says_so_and_gives_no_reason);
    RUN(polling_can_be_forced);
    RUN(without_an_inotify_instance_it_polls_and_names_the_limit);
    RUN(without_further_inotify_watches_it_polls_what_is_left);
    RUN(a_network_file_system_is_polled_and_named);
    RUN(blind_file_systems_are_known_by_name);
    RUN(an_overflow_watches_all_anew_and_is_about_everything);
    RUN(a_storm_past_the_queue_ends_in_everything_and_a_live_watch);
    RUN(a_storm_that_is_read_in_time_names_every_file);
    RUN(a_folder_full_of_other_writes_is_heard_less_and_loses_nothing);
    RUN(a_hundred_thousand_events_leave_memory_flat);
    return 0;
}
