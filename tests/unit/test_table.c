/* What a table keeps through growth and removal. */
#include "check.h"

#include "table.h"

static int marks[2000];

static void
what_is_set_is_found_and_nothing_else(void)
{
    struct table t = TABLE_INIT;
    CHECK(table_get(&t, "a") == NULL);
    table_set(&t, "a", &marks[1]);
    table_set(&t, "a", &marks[2]);
    CHECK(t.count == 1 && table_get(&t, "a") == &marks[2]);
    CHECK(table_get(&t, "b") == NULL);
    CHECK(table_remove(&t, "b") == NULL);
    table_dispose(&t);
}

static void
removal_leaves_every_other_key_where_it_is_found(void)
{
    struct table t = TABLE_INIT;
    char key[32];
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof(key), "src/%d.c", i);
        table_set(&t, key, &marks[i]);
    }
    for (int i = 0; i < 2000; i += 3) {
        snprintf(key, sizeof(key), "src/%d.c", i);
        CHECK(table_remove(&t, key) == &marks[i]);
    }
    size_t seen = 0;
    size_t at = 0;
    while (table_next(&t, &at) != NULL) {
        seen++;
    }
    CHECK(seen == t.count && seen == 1333);
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof(key), "src/%d.c", i);
        CHECK(table_get(&t, key) == (i % 3 == 0 ? NULL : &marks[i]));
    }
    table_clear(&t);
    CHECK(t.count == 0 && table_get(&t, "src/1.c") == NULL);
    table_set(&t, "again", &marks[0]);
    CHECK(t.count == 1);
    table_dispose(&t);
}

int
main(void)
{
    RUN(what_is_set_is_found_and_nothing_else);
    RUN(removal_leaves_every_other_key_where_it_is_found);
    return 0;
}
