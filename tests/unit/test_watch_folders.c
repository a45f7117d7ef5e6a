/* Folders, links and roots that come, go, move and point elsewhere.
 * `test_watch_folders polling` does the same without inotify.
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
a_single_file_in_a_watched_folder_is_handed_on_once(void)
{
    begin();
    watch();
    watch_add_file(bed.watch, at("root/pkg/../a.c"));
    put_text("root/a.c", "two");
    wait_for_path("root/a.c");
    wait_for_rest();
    check_one_change("root/a.c");
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

int
main(int argc, char **argv)
{
    is_polling = argc > 1 && strcmp(argv[1], "polling") == 0;
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
    RUN(a_single_file_outside_is_watched_by_name);
    RUN(a_single_file_in_a_watched_folder_is_handed_on_once);
    RUN(a_folder_that_is_not_there_is_refused_by_name);
    RUN(files_in_a_new_folder_are_changed_however_fast_they_came);
    return 0;
}
