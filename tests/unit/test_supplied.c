/* supplied: names that forks have found and that later forks know. */
#include "supplied.h"

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "mem.h"

static struct list
names_of(const char *const *names)
{
    struct list l = LIST_INIT;
    for (; *names != NULL; names++) {
        list_add(&l, *names);
    }
    return l;
}

#define NAMES(...) names_of((const char *const[]){__VA_ARGS__, NULL})

static bool
has(const struct supplied *s, struct list names)
{
    bool is = supplied_has(s, &names);
    list_dispose(&names);
    return is;
}

static void
add(struct supplied *s, struct list names)
{
    supplied_add(s, &names);
    list_dispose(&names);
}

static void
add_in_a_fork(struct supplied *s, struct list names)
{
    int status = -1;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        supplied_add(s, &names);
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    list_dispose(&names);
}

static void
a_new_one_knows_nothing(void)
{
    struct supplied *s = supplied_new();
    CHECK(s != NULL);
    CHECK(!has(s, NAMES("malloc")));
    CHECK(!supplied_has(s, &(struct list)LIST_INIT));
}

static void
no_memory_is_no_knowledge(void)
{
    CHECK(!has(NULL, NAMES("malloc")));
    add(NULL, NAMES("malloc"));
}

static void
what_one_fork_found_the_next_knows(void)
{
    struct supplied *s = supplied_new();
    add_in_a_fork(s, NAMES("PyLong_FromLong", "free", "malloc"));
    CHECK(has(s, NAMES("PyLong_FromLong", "free", "malloc")));
    CHECK(has(s, NAMES("malloc", "PyLong_FromLong")));
    CHECK(has(s, NAMES("free", "free")));
    CHECK(!has(s, NAMES("free", "sin")));
    add_in_a_fork(s, NAMES("malloc", "sin"));
    CHECK(has(s, NAMES("sin", "free")));
}

static void
a_part_of_a_name_is_another(void)
{
    struct supplied *s = supplied_new();
    add(s, NAMES("strlen"));
    CHECK(!has(s, NAMES("str")) && !has(s, NAMES("len")));
    CHECK(!has(s, NAMES("strlens")) && !has(s, NAMES("")));
}

static void
names_that_have_no_room_are_not_known(void)
{
    struct supplied *s = supplied_new();
    struct list many = LIST_INIT;
    for (int i = 0; i < 5500; i++) {
        list_add_fmt(&many, "%050d", i); /* some 280,000 bytes */
    }
    add(s, NAMES("malloc"));
    supplied_add(s, &many);
    CHECK(!supplied_has(s, &many));
    CHECK(has(s, NAMES("malloc")));
    list_dispose(&many);
}

int
main(void)
{
    RUN(a_new_one_knows_nothing);
    RUN(no_memory_is_no_knowledge);
    RUN(what_one_fork_found_the_next_knows);
    RUN(a_part_of_a_name_is_another);
    RUN(names_that_have_no_room_are_not_known);
    return 0;
}
