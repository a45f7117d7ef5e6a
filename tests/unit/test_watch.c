/* Every way of saving a file, on a real folder: what is handed on, and how
 * often. `test_watch polling` does the same without inotify.
 */
#include "watch_bed.h"

#include "wire/buf.h"

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
files_in_a_new_folder_are_changed_however_fast_they_came(void)
{
    begin();
    watch();
    for (int i = 0; i < 20; i++) {
        char name[64];
        snprintf(name, sizeof(name), "root/new%d/deep/er", i);
        make_folder(name);
        snprintf(name, sizeof(name), "root/new%d/deep/er/x.c", i);
        put_text(name, "x");
        if (i % 3 == 0) {
            bed_step(clock_now_ns());
        }
    }
    for (int i = 0; i < 20; i++) {
        char name[64];
        snprintf(name, sizeof(name), "root/new%d/deep/er/x.c", i);
        wait_for_path(name);
    }
    CHECK(bed.is_structural && !bed.saw_empty);
    CHECK(watch_folder_count(bed.watch) == 2 + 60);
    bed_forget();
    put_text("root/new7/deep/er/x.c", "again");
    wait_for_path("root/new7/deep/er/x.c");
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
a_folder_moved_out_is_gone_and_moved_in_is_back(void)
{
    begin();
    watch();
    CHECK(rename(at("root/pkg"), at("outside")) == 0);
    wait_for_path("root/pkg/b.c");
    CHECK(bed.is_structural);
    CHECK(watch_folder_count(bed.watch) == 1);
    bed_forget();
    put_text("outside/b.c", "two"); /* not ours any more */
    wait_for_rest();
    check_paths("");
    CHECK(rename(at("outside"), at("root/other")) == 0);
    wait_for_path("root/other/b.c");
    CHECK(bed.is_structural);
    bed_forget();
    put_text("root/other/b.c", "three");
    wait_for_path("root/other/b.c");
    wait_for_rest();
    check_paths("root/other/b.c");
    bed_remove();
}

static void
a_folder_renamed_inside_is_seen_under_its_new_name_only(void)
{
    begin();
    watch();
    CHECK(rename(at("root/pkg"), at("root/lib")) == 0);
    wait_for_path("root/pkg/b.c");
    wait_for_path("root/lib/b.c");
    bed_forget();
    put_text("root/lib/b.c", "two");
    wait_for_path("root/lib/b.c");
    wait_for_rest();
    check_paths("root/lib/b.c");
    bed_remove();
}

static void
a_root_that_is_deleted_and_comes_back_is_watched_again(void)
{
    begin();
    watch();
    CHECK(file_remove_tree(at("root"), NULL) == 0);
    wait_for_path("root/a.c");
    wait_for_path("root/pkg/b.c");
    CHECK(watch_folder_count(bed.watch) == 0);
    bed_forget();
    make_folder("root/pkg");
    put_text("root/pkg/b.c", "two");
    wait_for_path("root/pkg/b.c");
    bed_forget();
    put_text("root/a.c", "two");
    wait_for_path("root/a.c");
    bed_remove();
}

/* The app, a shell and cowbird itself stand in the project's folder: it is
 * not destroyed while they do. */
static void
a_root_that_somebody_stands_in_is_watched_again_too(void)
{
    begin();
    watch();
    int held = open(at("root"), O_RDONLY | O_DIRECTORY);
    CHECK(file_remove_tree(at("root"), NULL) == 0);
    wait_for_path("root/a.c");
    make_folder("root");
    put_text("root/a.c", "two");
    bed_forget();
    wait_for_path("root/a.c");
    close(held);
    bed_remove();
}

static void
a_root_moved_away_and_replaced_is_watched_again(void)
{
    begin();
    watch();
    CHECK(rename(at("root"), at("old")) == 0);
    wait_for_path("root/a.c");
    bed_forget();
    make_folder("root");
    put_text("root/a.c", "two");
    wait_for_path("root/a.c");
    bed_forget();
    put_text("old/a.c", "three");
    wait_for_rest();
    check_paths("");
    bed_remove();
}

static void
the_folder_above_the_root_may_go_and_come_too(void)
{
    begin();
    make_folder("deep/project");
    put_text("deep/project/a.c", "one");
    watch();
    struct err e = ERR_INIT;
    CHECK(watch_add(bed.watch, at("deep/project"), &e) == 0);
    CHECK(file_remove_tree(at("deep"), NULL) == 0);
    wait_for_path("deep/project/a.c");
    bed_forget();
    make_folder("deep/project");
    put_text("deep/project/a.c", "two");
    wait_for_path("deep/project/a.c");
    bed_remove();
}

static void
the_target_of_a_linked_file_is_watched_where_it_lies(void)
{
    begin();
    make_folder("lib");
    put_text("lib/real.c", "one");
    put_text("lib/other.c", "one");
    CHECK(symlink("../lib/real.c", at("root/link.c")) == 0);
    watch();
    put_text("lib/other.c", "two"); /* nobody asked */
    put_text("lib/real.c", "two");
    wait_for_path("root/link.c");
    wait_for_rest();
    check_one_change("lib/real.c root/link.c");
    CHECK(!bed.is_structural);
    bed_forget();
    put_text("lib/.x.tmp", "three");
    CHECK(rename(at("lib/.x.tmp"), at("lib/real.c")) == 0);
    wait_for_path("root/link.c");
    CHECK(!bed.is_structural);
    bed_remove();
}

static void
a_link_that_points_elsewhere_now_is_a_change(void)
{
    begin();
    make_folder("lib");
    put_text("lib/one.c", "one");
    put_text("lib/two.c", "two");
    CHECK(symlink("../lib/one.c", at("root/link.c")) == 0);
    watch();
    CHECK(symlink("../lib/two.c", at("root/link.tmp")) == 0);
    CHECK(rename(at("root/link.tmp"), at("root/link.c")) == 0);
    wait_for_path("root/link.c");
    CHECK(!bed.is_structural);
    wait_for_rest();
    bed_forget();
    put_text("lib/one.c", "not looked at any more");
    put_text("lib/two.c", "three");
    wait_for_path("root/link.c");
    wait_for_rest();
    check_paths("lib/two.c root/link.c");
    bed_remove();
}

static void
a_link_in_the_middle_of_a_chain_may_change(void)
{
    begin();
    make_folder("lib");
    put_text("lib/one.c", "one");
    put_text("lib/two.c", "two");
    CHECK(symlink("one.c", at("lib/current.c")) == 0);
    CHECK(symlink("../lib/current.c", at("root/link.c")) == 0);
    watch();
    CHECK(unlink(at("lib/current.c")) == 0);
    CHECK(symlink("two.c", at("lib/current.c")) == 0);
    wait_for_path("root/link.c");
    wait_for_rest();
    bed_forget();
    put_text("lib/two.c", "three");
    wait_for_path("root/link.c");
    bed_remove();
}

static void
a_dangling_link_comes_alive_with_its_target(void)
{
    begin();
    CHECK(symlink("../lib/later.c", at("root/link.c")) == 0);
    watch();
    make_folder("lib");
    bed_step(clock_now_ns() + 20 * BED_MS);
    put_text("lib/later.c", "at last");
    wait_for_path("root/link.c");
    CHECK(bed.is_structural && !bed.saw_empty);
    bed_remove();
}

static void
a_linked_folder_is_watched_and_circles_end(void)
{
    begin();
    make_folder("lib/sub");
    put_text("lib/sub/c.c", "one");
    CHECK(symlink("../lib", at("root/linked")) == 0);
    CHECK(symlink("..", at("root/pkg/up")) == 0);
    CHECK(symlink("../../root", at("lib/sub/round")) == 0);
    watch();
    CHECK(watch_folder_count(bed.watch) == 4);
    put_text("lib/sub/c.c", "two");
    wait_for_path("root/linked/sub/c.c");
    check_one_change("lib/sub/c.c root/linked/sub/c.c");
    bed_remove();
}

static void
a_linked_folder_that_points_elsewhere_now_is_entered_anew(void)
{
    begin();
    make_folder("v1");
    make_folder("v2");
    put_text("v1/m.c", "one");
    put_text("v2/m.c", "two");
    CHECK(symlink("../v1", at("root/current")) == 0);
    watch();
    CHECK(symlink("../v2", at("root/next")) == 0);
    CHECK(rename(at("root/next"), at("root/current")) == 0);
    wait_for_path("root/current/m.c");
    wait_for_rest();
    bed_forget();
    put_text("v2/m.c", "three");
    wait_for_path("root/current/m.c");
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

static void
a_single_file_outside_is_watched_by_name(void)
{
    begin();
    make_folder("include");
    put_text("include/x.hh", "one");
    watch();
    watch_add_file(bed.watch, at("include/x.hh"));
    put_text("include/other.hh", "two");
    put_text("include/x.hh", "two");
    wait_for_path("include/x.hh");
    wait_for_rest();
    check_one_change("include/x.hh");
    bed_forget();
    CHECK(file_remove_tree(at("include"), NULL) == 0);
    wait_for_path("include/x.hh");
    bed_forget();
    make_folder("include");
    put_text("include/x.hh", "three");
    wait_for_path("include/x.hh");
    bed_remove();
}

static void
a_folder_that_is_not_there_is_refused_by_name(void)
{
    begin();
    watch();
    struct err e = ERR_INIT;
    CHECK(watch_add(bed.watch, at("nowhere"), &e) == -1);
    CHECK(strstr(e.text, "nowhere: No such file") != NULL);
    err_clear(&e);
    CHECK(watch_add(bed.watch, at("root/a.c"), &e) == -1);
    CHECK(strstr(e.text, "it is no folder") != NULL);
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
    RUN(files_in_a_new_folder_are_changed_however_fast_they_came);
    RUN(two_files_saved_together_are_one_change);
    RUN(a_file_changed_and_changed_back_at_once_is_one_change);
    RUN(a_folder_moved_out_is_gone_and_moved_in_is_back);
    RUN(a_folder_renamed_inside_is_seen_under_its_new_name_only);
    RUN(a_root_that_is_deleted_and_comes_back_is_watched_again);
    RUN(a_root_that_somebody_stands_in_is_watched_again_too);
    RUN(a_root_moved_away_and_replaced_is_watched_again);
    RUN(the_folder_above_the_root_may_go_and_come_too);
    RUN(the_target_of_a_linked_file_is_watched_where_it_lies);
    RUN(a_link_that_points_elsewhere_now_is_a_change);
    RUN(a_link_in_the_middle_of_a_chain_may_change);
    RUN(a_dangling_link_comes_alive_with_its_target);
    RUN(a_linked_folder_is_watched_and_circles_end);
    RUN(a_linked_folder_that_points_elsewhere_now_is_entered_anew);
    RUN(names_of_no_interest_are_not_even_remembered);
    RUN(a_single_file_outside_is_watched_by_name);
    RUN(a_folder_that_is_not_there_is_refused_by_name);
    return 0;
}
