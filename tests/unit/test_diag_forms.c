/* What diagnostics look like on a terminal, in the cache and in JSON. */
#include "check.h"

#include "diag.h"

static void
a_flood_is_counted_and_one_error_always_shown(void)
{
    struct diag_list l = DIAG_LIST_INIT;
    struct buf out = BUF_INIT;
    diag_parse(&l,
               "a.c:1:1: error: one\n"
               "a.c:2:1: error: two\n"
               "a.c:2:1: note: of two\n"
               "a.c:3:1: warning: three\n"
               "a.c:4:1: error: four\n",
               "/p");
    CHECK(diag_count(&l, DIAG_ERROR) == 3);
    diag_render(&l, "/p", 1, &out);
    CHECK_STR(buf_text(&out), "a.c:1:1: error: one\n"
                              "a.c:3:1: warning: three\n"
                              "and 2 more errors\n");
    buf_dispose(&out);
    diag_list_dispose(&l);
}

static void
a_very_long_line_shows_the_part_around_the_caret(void)
{
    struct diag_list l = DIAG_LIST_INIT;
    struct buf out = BUF_INIT;
    struct diag *d = diag_add(&l);
    char line[1001];
    memset(line, 'a', 1000);
    line[1000] = '\0';
    line[499] = 'X';
    d->path = strdup("/p/a.c");
    d->line = 1;
    d->column = 500;
    d->message = strdup("far");
    d->source = strdup(line);
    diag_render(&l, "/p", 0, &out);
    CHECK(out.len < 500);
    const char *letter = strchr(buf_text(&out), 'X');
    const char *caret = strchr(buf_text(&out), '^');
    CHECK(letter != NULL && caret != NULL);
    const char *second = strchr(buf_text(&out), '\n') + 1;
    const char *third = strchr(second, '\n') + 1;
    CHECK(letter - second == caret - third);
    buf_dispose(&out);
    diag_list_dispose(&l);
}

static void
the_cache_gives_back_what_it_was_given(void)
{
    struct diag_list l = DIAG_LIST_INIT;
    diag_parse(&l,
               "a.c:1:3: error: tab\there; did you mean 'x%y'?\n"
               "    1 | -\n"
               "a.c:2: note: -\n"
               "a.c:3: warning: w [-Wfoo]\n"
               "    3 | a + b\n"
               "      | ~ ^ ~\n"
               "fix-it:\"b.c\":{1:2-3:4}:\"\"\n",
               "/p");
    struct buf stored = BUF_INIT;
    diag_store(&l, &stored);
    struct diag_list back = DIAG_LIST_INIT;
    diag_restore(&back, buf_text(&stored));
    struct buf again = BUF_INIT;
    diag_store(&back, &again);
    CHECK_STR(buf_text(&again), buf_text(&stored));
    CHECK(back.count == 3 && back.items[1].is_child);
    CHECK_STR(back.items[0].help, "did you mean 'x%y'?");
    CHECK_STR(back.items[1].message, "-");
    CHECK(back.items[1].help == NULL);
    CHECK(back.items[2].range_count == 2 && back.items[2].fixit_count == 1);
    CHECK_STR(back.items[2].fixits[0].path, "/p/b.c");
    CHECK_STR(back.items[2].fixits[0].text, "");
    diag_restore(&back, "nonsense\ndiag\t9\t0\t1\t1\t1\ta\tb\tc\td\te\n");
    CHECK(back.count == 3);
    buf_dispose(&stored);
    buf_dispose(&again);
    diag_list_dispose(&l);
    diag_list_dispose(&back);
}

static void
json_has_the_names_of_the_struct(void)
{
    struct diag_list l = DIAG_LIST_INIT;
    diag_parse(&l,
               "a.c:1:3: error: say \"x\"\n"
               "    1 | a + b\n"
               "      | ~ ^\n"
               "fix-it:\"a.c\":{1:3-1:4}:\"-\"\n",
               "/p");
    struct buf out = BUF_INIT;
    diag_to_json(&l, &out);
    CHECK_STR(buf_text(&out),
              "[{\"severity\":\"error\",\"path\":\"/p/a.c\",\"line\":1,"
              "\"column\":3,\"width\":null,\"message\":\"say \\\"x\\\"\","
              "\"flag\":null,\"help\":null,\"source\":\"a + b\","
              "\"ranges\":[{\"line\":1,\"column\":1,\"end_line\":1,"
              "\"end_column\":2}],\"fixits\":[{\"line\":1,\"column\":3,"
              "\"end_line\":1,\"end_column\":4,\"path\":\"/p/a.c\","
              "\"text\":\"-\"}],\"is_child\":false}]");
    buf_dispose(&out);
    diag_list_dispose(&l);
}

int
main(void)
{
    RUN(a_flood_is_counted_and_one_error_always_shown);
    RUN(a_very_long_line_shows_the_part_around_the_caret);
    RUN(the_cache_gives_back_what_it_was_given);
    RUN(json_has_the_names_of_the_struct);
    return 0;
}
