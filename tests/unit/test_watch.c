/* Every way of saving a file, on a real folder: what is handed on, and how
 * often. `test_watch polling` does the same without inotify.
 */
#include "watch_bed.h"

static bool is_polling;

static void
begin(void)
{
    bed_make();
    bed.force_polling = is_polling;
    put_text("root/a.c", "one");
    make_folder("root/pkg");
    put_text("root/pkg/b.c", "one");
}

static void
watch(void)
{
    bed_watch();
}

/* What one save must look like, however it was made. */
static void
check_one_change(const char *names)
{
    check_paths(names);
    /* Polling may see a save halfway; nothing is lost by it. */
    CHECK(is_polling ? bed.changes >= 1 : bed.changes == 1);
    CHECK(!bed.saw_empty && !bed.is_everything);
}

static void
truncate_and_write_is_one_change(void)
{
    begin();
    watch();
    int fd = open(at("root/a.c"), O_WRONLY | O_TRUNC);
    CHECK(fd >= 0);
    /* Time for a hasty watcher to hand on the empty file. */
    int64_t until = clock_now_ns() + 100 * BED_MS;
    while (bed_step(until)) {
    }
    CHECK(bed.changes == 0 || is_polling);
    CHECK(write(fd, "two", 3) == 3);
    close(fd);
    wait_for_path("root/a.c");
    check_one_change("root/a.c");
    CHECK(!bed.is_structural);
    bed_remove();
}

static void
a_rename_over_the_file_is_one_change(void)
{
    begin();
    watch();
    put_text("root/a.c.tmp", "two");
    CHECK(rename(at("root/a.c.tmp"), at("root/a.c")) == 0);
    wait_for_path("root/a.c");
    wait_for_rest();
    check_one_change("root/a.c");
    CHECK(!bed.is_structural);
    /* and the next save is seen as well */
    bed_forget();
    put_text("root/a.c", "three");
    wait_for_path("root/a.c");
    bed_remove();
}

static void
a_rename_from_another_folder_is_seen(void)
{
    begin();
    make_folder("elsewhere");
    watch();
    put_text("elsewhere/x", "two");
    CHECK(rename(at("elsewhere/x"), at("root/pkg/b.c")) == 0);
    wait_for_path("root/pkg/b.c");
    bed_remove();
}

/* vim with backup, emacs: move the old one aside, write a new one, remove
 * the old. */
static void
backup_by_rename_is_one_change_and_nothing_came_or_went(void)
{
    begin();
    watch();
    put_text("root/4913", "");
    CHECK(unlink(at("root/4913")) == 0);
    CHECK(rename(at("root/a.c"), at("root/a.c~")) == 0);
    put_text("root/a.c", "two");
    CHECK(chmod(at("root/a.c"), 0644) == 0);
    CHECK(unlink(at("root/a.c~")) == 0);
    wait_for_path("root/a.c");
    wait_for_rest();
    check_one_change("root/a.c");
    CHECK(!bed.is_structural);
    bed_remove();
}

static struct {
    int fd;
    int left;
} chunks;

static void
write_chunk(void *data)
{
    (void)data;
    CHECK(write(chunks.fd, "0123456789", 10) == 10);
    if (--chunks.left == 0) {
        close(chunks.fd);
        return;
    }
    loop_add_timer(bed.loop, clock_now_ns() + 20 * BED_MS, write_chunk, NULL);
}

static void
ten_chunks_over_200_ms_are_one_change_with_all_of_them(void)
{
    begin();
    bed.quiet_ms = 1000; /* this machine's pauses are no writer's */
    watch();
    chunks.fd = open(at("root/a.c"), O_WRONLY | O_TRUNC);
    chunks.left = 10;
    write_chunk(NULL);
    int64_t until = clock_now_ns() + BED_DEADLINE_MS * BED_MS;
    while (chunks.left > 0 && bed_step(until)) {
        CHECK(bed.changes == 0);
    }
    wait_for_path("root/a.c");
    struct stat st;
    CHECK(stat(at("root/a.c"), &st) == 0 && st.st_size == 100);
    CHECK(bed.changes == 1);
    bed_remove();
}

static void
a_touched_file_is_handed_on_for_the_digests_to_judge(void)
{
    begin();
    watch();
    CHECK(utimensat(AT_FDCWD, at("root/a.c"), NULL, 0) == 0);
    wait_for_path("root/a.c");
    check_one_change("root/a.c");
    CHECK(!bed.is_structural);
    bed_remove();
}

static void
a_change_of_mode_is_seen(void)
{
    begin();
    watch();
    CHECK(chmod(at("root/a.c"), 0755) == 0);
    wait_for_path("root/a.c");
    bed_remove();
}

static void
a_deleted_file_went_and_a_recreated_one_came(void)
{
    begin();
    watch();
    CHECK(unlink(at("root/a.c")) == 0);
    wait_for_path("root/a.c");
    CHECK(bed.is_structural);
    bed_forget();
    put_text("root/a.c", "two");
    wait_for_path("root/a.c");
    CHECK(bed.is_structural);
    bed_forget();
    put_text("root/a.c", "three");
    wait_for_path("root/a.c");
    CHECK(!bed.is_structural);
    bed_remove();
}

static void
a_renamed_file_went_and_came(void)
{
    begin();
    watch();
    CHECK(rename(at("root/a.c"), at("root/z.c")) == 0);
    wait_for_path("root/a.c");
    wait_for_path("root/z.c");
    CHECK(bed.is_structural);
    bed_remove();
}

static void
a_hard_link_is_a_new_file(void)
{
    begin();
    watch();
    CHECK(link(at("root/a.c"), at("root/h.c")) == 0);
    wait_for_path("root/h.c");
    CHECK(bed.is_structural);
    bed_remove();
}

static void
two_files_saved_together_are_one_change(void)
{
    begin();
    watch();
    put_text("root/a.c", "two");
    put_text("root/pkg/b.c", "two");
    wait_for_path("root/a.c");
    wait_for_rest();
    check_one_change("root/a.c root/pkg/b.c");
    bed_remove();
}

/* git stash, git checkout and back. */
static void
a_file_changed_and_changed_back_at_once_is_one_change(void)
{
    begin();
    watch();
    put_text("root/a.c", "two");
    put_text("root/a.c", "one");
    wait_for_path("root/a.c");
    wait_for_rest();
    check_one_change("root/a.c");
    bed_remove();
}

static void
names_of_no_interest_are_not_even_remembered(void)
{
    begin();
    make_folder("root/build");
    make_folder("root/.git");
    watch();
    CHECK(watch_folder_count(bed.watch) == 2);
    put_text("root/build/x.c", "x");
    put_text("root/.git/x.c", "x");
    put_text("root/notes.txt", "x");
    put_text("root/.#a.c", "x");
    put_text("root/#a.c#", "x");
    put_text("root/a.c~", "x");
    put_text("root/.a.c.swp", "x");
    put_text("root/a.c___jb_tmp___", "x");
    put_text("root/sedAbCdEf", "x");
    CHECK(symlink("nobody@host.123", at("root/.#b.c")) == 0);
    CHECK(unlink(at("root/.#b.c")) == 0);
    wait_for_rest();
    check_paths("");
    CHECK(bed.changes == 0);
    bed_remove();
}

int
main(int argc, char **argv)
{
    is_polling = argc > 1 && strcmp(argv[1], "polling") == 0;
    RUN(truncate_and_write_is_one_change);
    RUN(a_rename_over_the_file_is_one_change);
    RUN(a_rename_from_another_folder_is_seen);
    RUN(backup_by_rename_is_one_change_and_nothing_came_or_went);
    RUN(ten_chunks_over_200_ms_are_one_change_with_all_of_them);
    RUN(a_touched_file_is_handed_on_for_the_digests_to_judge);
    RUN(a_change_of_mode_is_seen);
    RUN(a_deleted_file_went_and_a_recreated_one_came);
    RUN(a_renamed_file_went_and_came);
    RUN(a_hard_link_is_a_new_file);
    RUN(two_files_saved_together_are_one_change);
    RUN(a_file_changed_and_changed_back_at_once_is_one_change);
    RUN(names_of_no_interest_are_not_even_remembered);
    return 0;
}
