/* What a manifest looks like to the hook that reads it. */
#include "check.h"

#include "manifest.h"

static void
lines_stand_in_the_documented_form(void)
{
    struct buf b = BUF_INIT;
    manifest_start(&b, true);
    manifest_add_guest(&b, "/cache/_cowbird.so");
    const struct manifest_module m
        = {.name = "pkg._fast", .stem = "_fast", .image = "/i/_fast.so",
           .origin = "/o/_fast.so", .source = "/p/pkg/_fast.c",
           .generation = 3, .shown = 2, .tier = "optimised"};
    manifest_add_module(&b, &m);
    manifest_add_failed(&b, "geo", "/s/geo.txt", "/p/geo.c");
    CHECK_STR(buf_text(&b),
              "cowbird\t1\tdev\n"
              "guest\t/cache/_cowbird.so\n"
              "module\tpkg._fast\t_fast\t3\t/i/_fast.so\t/o/_fast.so\t"
              "/p/pkg/_fast.c\t2\toptimised\n"
              "failed\tgeo\t/s/geo.txt\t/p/geo.c\n");
    buf_dispose(&b);
}

static void
a_path_with_a_tab_or_a_newline_stays_one_field(void)
{
    struct buf b = BUF_INIT;
    manifest_add_guest(&b, "/a\tb\nc%d\x7f/\xc3\xa9");
    CHECK_STR(buf_text(&b), "guest\t/a%09b%0Ac%25d%7F/\xc3\xa9\n");
    buf_dispose(&b);
}

int
main(void)
{
    RUN(lines_stand_in_the_documented_form);
    RUN(a_path_with_a_tab_or_a_newline_stays_one_field);
    return 0;
}
