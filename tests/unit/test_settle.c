/* When a save is over: every editor's way of saving, on a hand-turned clock.
 */
#include "check.h"

#include "clock.h"
#include "settle.h"
#include "watch.h"

#define MS ((int64_t)1000000)

static int64_t now_ns;
static enum settle_look look;
static struct settle *s;
static struct change change;

static int64_t
hand_turned(void)
{
    return now_ns;
}

static enum settle_look
look_at(void *data, const char *path)
{
    (void)data;
    (void)path;
    return look;
}

static void
begin(void)
{
    now_ns += 3600 * 1000 * MS;
    look = LOOK_CLOSED;
    s = settle_new(0, look_at, NULL);
    change = (struct change){.saved_ns = 0};
}

static void
end(void)
{
    list_dispose(&change.paths);
    settle_free(s);
}

static void
wait_ms(int64_t ms)
{
    now_ns += ms * MS;
}

/* As the loop does: jumps from one due time to the next. How many ms it took
 * to get a change, or -1 when none came within `limit_ms`. */
static int64_t
wait_for_change(int64_t limit_ms)
{
    int64_t start = now_ns;
    list_dispose(&change.paths);
    for (;;) {
        int64_t due = settle_due_ns(s);
        if (due < 0 || due > start + limit_ms * MS) {
            now_ns = start + limit_ms * MS;
            return -1;
        }
        now_ns = due > now_ns ? due : now_ns;
        if (settle_take(s, &change)) {
            return (now_ns - start) / MS;
        }
        CHECK(settle_due_ns(s) > now_ns || settle_due_ns(s) < 0);
    }
}

static void
check_paths(const char *want)
{
    char *got = list_join(&change.paths, " ");
    CHECK_STR(got == NULL ? "" : got, want);
    free(got);
}

static void
nothing_under_way_asks_for_no_timer(void)
{
    begin();
    CHECK(settle_due_ns(s) == -1);
    CHECK(!settle_take(s, &change));
    end();
}

static void
a_rename_is_handed_on_at_once(void)
{
    begin();
    int64_t saved = now_ns;
    settle_note(s, "/p/a.c", SETTLE_REPLACED);
    CHECK(wait_for_change(1000) == 0);
    check_paths("/p/a.c");
    CHECK(change.saved_ns == saved);
    CHECK(!change.is_everything);
    CHECK(settle_due_ns(s) == -1);
    end();
}

static void
renames_wait_for_each_other_but_for_the_first(void)
{
    begin();
    settle_note(s, "/p/a.c", SETTLE_REPLACED);
    settle_note(s, "/p/b.c", SETTLE_REPLACED);
    CHECK(wait_for_change(1000) == SETTLE_GAP_MS);
    check_paths("/p/a.c /p/b.c");
    wait_ms(SETTLE_QUIET_MS);
    settle_note(s, "/p/a.c", SETTLE_REPLACED);
    settle_note(s, "/p/b.c", SETTLE_CLOSED);
    CHECK(wait_for_change(1000) == 2 * SETTLE_GAP_MS);
    end();
}

static void
truncate_then_write_is_one_change_when_it_is_closed(void)
{
    begin();
    look = LOOK_OPEN_EMPTY;
    int64_t saved = now_ns;
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    CHECK(wait_for_change(400) == -1);
    look = LOOK_OPEN;
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    wait_ms(2);
    settle_note(s, "/p/a.c", SETTLE_CLOSED);
    CHECK(wait_for_change(1000) == SETTLE_GAP_MS);
    check_paths("/p/a.c");
    CHECK(change.saved_ns == saved);
    CHECK(wait_for_change(5000) == -1);
    end();
}

static void
an_empty_file_that_is_open_is_never_handed_on(void)
{
    begin();
    look = LOOK_OPEN_EMPTY;
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    CHECK(wait_for_change(60 * 1000) == -1);
    look = LOOK_CLOSED; /* the writer died: its close comes, or a look says */
    CHECK(wait_for_change(SETTLE_LIMIT_MS) >= 0);
    end();
}

static void
a_writer_that_never_closes_is_handed_on_after_a_second(void)
{
    begin();
    look = LOOK_OPEN;
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    int64_t took = wait_for_change(5000);
    CHECK(took >= SETTLE_LIMIT_MS && took <= SETTLE_LIMIT_MS + 100);
    end();
}

static void
an_in_place_write_without_a_close_event_counts_after_the_quiet_time(void)
{
    begin();
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    CHECK(wait_for_change(1000) == SETTLE_QUIET_MS);
    end();
}

static void
ten_chunks_over_200_ms_are_one_change(void)
{
    begin();
    look = LOOK_OPEN;
    for (int i = 0; i < 10; i++) {
        settle_note(s, "/p/a.c", SETTLE_WRITING);
        CHECK(wait_for_change(i == 5 ? 90 : 20) == -1);
    }
    settle_note(s, "/p/a.c", SETTLE_CLOSED);
    CHECK(wait_for_change(1000) == SETTLE_GAP_MS);
    end();
}

static void
ten_chunks_each_closed_are_the_first_and_the_whole(void)
{
    begin();
    int changes = 0;
    for (int i = 0; i < 10; i++) {
        settle_note(s, "/p/a.c", SETTLE_WRITING);
        settle_note(s, "/p/a.c", SETTLE_CLOSED);
        changes += wait_for_change(20) >= 0;
        now_ns += i == 0 ? 20 * MS : 0;
    }
    changes += wait_for_change(1000) >= 0;
    CHECK(changes == 2);
    CHECK(settle_due_ns(s) == -1);
    end();
}

static void
a_file_rewritten_all_the_time_still_goes_live_every_second(void)
{
    begin();
    int changes = 0;
    for (int i = 0; i < 500; i++) { /* ten seconds */
        settle_note(s, "/p/a.c", SETTLE_WRITING);
        settle_note(s, "/p/a.c", SETTLE_CLOSED);
        int64_t before = now_ns;
        changes += wait_for_change(20) >= 0;
        now_ns = before + 20 * MS;
    }
    CHECK(changes >= 9 && changes <= 12);
    end();
}

static void
a_second_rename_soon_after_is_handed_on_as_fast_as_the_first(void)
{
    begin();
    settle_note(s, "/p/a.c", SETTLE_REPLACED);
    CHECK(wait_for_change(1000) == 0);
    wait_ms(5);
    settle_note(s, "/p/a.c", SETTLE_REPLACED);
    CHECK(wait_for_change(1000) == 0);
    end();
}

static void
backup_by_rename_is_one_change(void)
{
    begin();
    look = LOOK_OPEN_EMPTY;
    settle_note(s, "/p/a.c", SETTLE_GONE);
    wait_ms(20);
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    wait_ms(20);
    settle_note(s, "/p/a.c", SETTLE_CLOSED);
    CHECK(wait_for_change(1000) == SETTLE_GAP_MS);
    check_paths("/p/a.c");
    CHECK(wait_for_change(1000) == -1);
    end();
}

static void
a_deleted_file_is_handed_on_after_the_quiet_time(void)
{
    begin();
    settle_note(s, "/p/a.c", SETTLE_GONE);
    CHECK(wait_for_change(1000) == SETTLE_QUIET_MS);
    check_paths("/p/a.c");
    end();
}

static void
files_saved_together_are_one_change(void)
{
    begin();
    settle_note(s, "/p/b.h", SETTLE_CLOSED);
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    look = LOOK_OPEN;
    wait_ms(40);
    settle_note(s, "/p/a.c", SETTLE_CLOSED);
    wait_ms(1);
    settle_note(s, "/p/c.c", SETTLE_REPLACED);
    CHECK(wait_for_change(1000) >= 0);
    check_paths("/p/a.c /p/b.h /p/c.c");
    end();
}

static void
a_complete_file_does_not_wait_for_ever_for_an_open_one(void)
{
    begin();
    look = LOOK_OPEN;
    settle_note(s, "/p/generated.c", SETTLE_WRITING);
    wait_ms(500);
    settle_note(s, "/p/generated.c", SETTLE_WRITING);
    settle_note(s, "/p/a.c", SETTLE_CLOSED);
    CHECK(wait_for_change(5000) == SETTLE_TOGETHER_MS);
    check_paths("/p/a.c");
    settle_note(s, "/p/generated.c", SETTLE_CLOSED);
    CHECK(wait_for_change(1000) >= 0);
    check_paths("/p/generated.c");
    end();
}

static void
a_storm_is_one_change_when_it_ends(void)
{
    begin();
    char path[64];
    for (int i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/p/%d.c", i);
        settle_note(s, path, SETTLE_WRITING);
        settle_note(s, path, SETTLE_CLOSED);
        now_ns += MS / 10;
        int64_t due = settle_due_ns(s);
        CHECK(due > now_ns);
    }
    CHECK(wait_for_change(1000) == SETTLE_QUIET_MS - 1
          || change.paths.count == 5000);
    CHECK(change.paths.count == 5000 && !change.is_everything);
    end();
}

static void
more_names_than_worth_remembering_are_everything(void)
{
    begin();
    char path[64];
    for (int i = 0; i < 20000; i++) {
        snprintf(path, sizeof(path), "/p/%d.c", i);
        settle_note(s, path, SETTLE_CLOSED);
    }
    CHECK(wait_for_change(1000) >= 0);
    CHECK(change.is_everything && change.paths.count == 0);
    end();
}

static void
lost_events_are_one_change_about_everything(void)
{
    begin();
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    settle_note_everything(s);
    settle_note_everything(s);
    CHECK(wait_for_change(1000) == SETTLE_QUIET_MS);
    CHECK(change.is_everything);
    CHECK(wait_for_change(1000) == -1);
    settle_note(s, "/p/a.c", SETTLE_CLOSED);
    CHECK(wait_for_change(1000) >= 0 && !change.is_everything);
    end();
}

static void
a_change_of_mode_alone_is_a_change(void)
{
    begin();
    settle_note(s, "/p/a.c", SETTLE_TOUCHED);
    CHECK(wait_for_change(1000) == SETTLE_GAP_MS);
    end();
}

static void
a_change_of_mode_around_a_save_is_part_of_it(void)
{
    begin();
    look = LOOK_OPEN_EMPTY;
    settle_note(s, "/p/a.c", SETTLE_WRITING);
    settle_note(s, "/p/a.c", SETTLE_TOUCHED);
    CHECK(wait_for_change(50) == -1);
    settle_note(s, "/p/a.c", SETTLE_CLOSED);
    CHECK(wait_for_change(1000) == SETTLE_GAP_MS);
    settle_note(s, "/p/a.c", SETTLE_TOUCHED);
    CHECK(wait_for_change(1000) == -1);
    end();
}

static void
names_of_temporary_files_are_known(void)
{
    static const char *const yes[] = {
        ".#geo.c", "#geo.c#", "geo.c~", ".geo.c.swp", ".geo.c.swo", "4913",
        "5036", "geo.c.tmp", "geo.c.123.abcdef.tmp", "geo.c___jb_tmp___",
        "geo.c___jb_old___", ".goutputstream-AB12CD", "sedAb12Cd",
        ".geo.c.kate-swp", ".nfs000012", "geo.c.orig", "geo.c.bak",
        ".~lock.geo.c#", "._geo.c", ".DS_Store",
    };
    static const char *const no[] = {
        "geo.c", "_speedups.c", "swp.c", "tmp.h", "sedate.c", "a~b.c",
        "4913.c", ".hidden.c", "#geo.c", "x.hpp", "app.py", "Makefile",
    };
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (!settle_is_temporary(yes[i])) {
            CHECK_STR("a temporary name", yes[i]);
        }
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        if (settle_is_temporary(no[i])) {
            CHECK_STR("no temporary name", no[i]);
        }
    }
}

int
main(void)
{
    clock_stand_in(hand_turned);
    RUN(nothing_under_way_asks_for_no_timer);
    RUN(a_rename_is_handed_on_at_once);
    RUN(renames_wait_for_each_other_but_for_the_first);
    RUN(truncate_then_write_is_one_change_when_it_is_closed);
    RUN(an_empty_file_that_is_open_is_never_handed_on);
    RUN(a_writer_that_never_closes_is_handed_on_after_a_second);
    RUN(an_in_place_write_without_a_close_event_counts_after_the_quiet_time);
    RUN(ten_chunks_over_200_ms_are_one_change);
    RUN(ten_chunks_each_closed_are_the_first_and_the_whole);
    RUN(a_file_rewritten_all_the_time_still_goes_live_every_second);
    RUN(a_second_rename_soon_after_is_handed_on_as_fast_as_the_first);
    RUN(backup_by_rename_is_one_change);
    RUN(a_deleted_file_is_handed_on_after_the_quiet_time);
    RUN(files_saved_together_are_one_change);
    RUN(a_complete_file_does_not_wait_for_ever_for_an_open_one);
    RUN(a_storm_is_one_change_when_it_ends);
    RUN(more_names_than_worth_remembering_are_everything);
    RUN(lost_events_are_one_change_about_everything);
    RUN(a_change_of_mode_alone_is_a_change);
    RUN(a_change_of_mode_around_a_save_is_part_of_it);
    RUN(names_of_temporary_files_are_known);
    return 0;
}
