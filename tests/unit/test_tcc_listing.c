/* tcc_listing: the files that libtcc says it has read. */
#include "tcc_listing.h"

#include <stdlib.h>

#include "check.h"

static void
each_file_comes_once_and_in_order(void)
{
    struct tcc_listing l = TCC_LISTING_INIT;
    tcc_listing_add(&l, "/p/a.c");
    tcc_listing_read(&l, "-> /p/a.c\n->  /usr/include/stdio.h\n"
                         "->    /p/a.h\n->  /usr/include/stdio.h\n");
    tcc_listing_read(&l, "-> /p/a.h\n-> /lib/libtcc1.a");
    char *text = list_join(&l.files, "|");
    CHECK_STR(text, "/p/a.c|/usr/include/stdio.h|/p/a.h|/lib/libtcc1.a");
    free(text);
    tcc_listing_dispose(&l);
}

static void
what_lies_in_memory_and_other_words_are_no_files(void)
{
    struct tcc_listing l = TCC_LISTING_INIT;
    tcc_listing_read(&l, "+> /p/a.so\n\n-> /proc/self/fd/5\n-\n-> /p/b.h\n");
    CHECK(l.files.count == 1);
    CHECK_STR(l.files.items[0], "/p/b.h");
    tcc_listing_dispose(&l);
}

int
main(void)
{
    RUN(each_file_comes_once_and_in_order);
    RUN(what_lies_in_memory_and_other_words_are_no_files);
    return 0;
}
