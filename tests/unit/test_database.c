/* What a merge into compile_commands.json changes, and what it leaves. */
#include "check.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "database.h"
#include "file.h"
#include "json.h"
#include "mem.h"
#include "path.h"

static char root[] = "/tmp/cowbird-database-XXXXXX";
static char *path;

static void
put(const char *text)
{
    struct err e = ERR_INIT;
    CHECK(file_write(path, text, strlen(text), &e) == 0);
}

static void
check_file(const char *want)
{
    struct buf text = BUF_INIT;
    struct err e = ERR_INIT;
    CHECK(file_read(path, &text, &e) == 0);
    CHECK_STR(buf_text(&text), want);
    buf_dispose(&text);
}

static int
merge(const char *file, const char *include, enum database_result *result,
      struct err *e)
{
    struct database_entry entry = {"/p", file, LIST_INIT};
    list_add(&entry.arguments, "cc");
    list_add(&entry.arguments, include);
    list_add(&entry.arguments, file);
    int status = database_merge(path, &entry, 1, result, e);
    list_dispose(&entry.arguments);
    return status;
}

static void
check_merge(const char *file, const char *include, enum database_result want)
{
    struct err e = ERR_INIT;
    enum database_result result;
    CHECK(merge(file, include, &result, &e) == 0);
    CHECK(result == want);
}

#define ENTRY(file, include)                                                  \
    "{\n    \"directory\": \"/p\",\n    \"file\": \"" file                    \
    "\",\n    \"arguments\": [\n      \"cc\",\n      \"" include              \
    "\",\n      \"" file "\"\n    ]\n  }"

static void
a_missing_file_is_made_and_a_second_merge_changes_nothing(void)
{
    unlink(path);
    check_merge("a.c", "-I/py", DATABASE_CREATED);
    check_file("[\n  " ENTRY("a.c", "-I/py") "\n]\n");
    check_merge("a.c", "-I/py", DATABASE_SAME);
    check_merge("./a.c", "-I/py", DATABASE_UPDATED);
}

static void
an_entry_of_ours_is_replaced_in_its_place(void)
{
    unlink(path);
    check_merge("a.c", "-I/py", DATABASE_CREATED);
    check_merge("b.c", "-I/py", DATABASE_UPDATED);
    check_merge("a.c", "-I/other", DATABASE_UPDATED);
    check_file("[\n  " ENTRY("a.c", "-I/other") ",\n  "
               ENTRY("b.c", "-I/py") "\n]\n");
}

static void
foreign_entries_keep_their_bytes_and_order(void)
{
#define FOREIGN                                                               \
    "[\n\t{ \"directory\" :\"/z\", \"command\": \"cc -c z.c\" ,"              \
    "\"file\": \"z.c\", \"strange\": [1.50, {}] },\n\n"                       \
    "\t{\"file\":\"y.c\",\"directory\":\"/z\",\"output\":\"y.o\"}"
    put(FOREIGN "\n]");
    check_merge("a.c", "-I/py", DATABASE_UPDATED);
    struct buf text = BUF_INIT;
    struct err e = ERR_INIT;
    CHECK(file_read(path, &text, &e) == 0);
    CHECK(strncmp(text.data, FOREIGN, strlen(FOREIGN)) == 0);
    CHECK(strncmp(text.data + strlen(FOREIGN), ",\n\t{\n\t  \"dir", 12) == 0);
    CHECK_STR(text.data + text.len - 4, "\t}\n]");
    buf_dispose(&text);
    check_merge("a.c", "-I/py", DATABASE_SAME);
}

static void
a_file_on_one_line_stays_on_one_line(void)
{
    put("[{\"directory\": \"/z\", \"file\": \"z.c\", \"command\": \"cc\"}]");
    check_merge("a.c", "-I/py", DATABASE_UPDATED);
    check_file("[{\"directory\": \"/z\", \"file\": \"z.c\", "
               "\"command\": \"cc\"}, {\"directory\": \"/p\", "
               "\"file\": \"a.c\", \"arguments\": [\"cc\", \"-I/py\", "
               "\"a.c\"]}]");
}

static void
what_a_build_system_says_of_the_file_stays(void)
{
    static const char *const theirs[] = {
        "[{\"directory\":\"/p\",\"file\":\"a.c\",\"command\":\"cc a.c\"}]",
        "[{\"directory\":\"/\",\"file\":\"p/a.c\","
        "\"arguments\":[\"cc\",\"-c\",\"a.c\"]}]",
        "[{\"directory\":\"/p\",\"file\":\"/p/a.c\",\"output\":\"a.o\","
        "\"arguments\":[\"cc\",\"a.c\"]}]",
    };
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
        put(theirs[i]);
        check_merge("a.c", "-I/py", DATABASE_SAME);
        check_file(theirs[i]);
    }
}

static void
check_left_alone(const char *text, const char *sentence)
{
    struct err e = ERR_INIT;
    enum database_result result;
    put(text);
    CHECK(merge("a.c", "-I/py", &result, &e) == -1);
    CHECK(e.code == ERR_USAGE && result == DATABASE_SAME);
    CHECK_STR(e.text, sentence);
    check_file(text);
}

static void
a_file_that_is_no_database_is_left_alone_and_the_line_named(void)
{
    check_left_alone("[\n  {},\n]\n",
                     "compile_commands.json is not valid JSON: line 3, "
                     "column 1: a value is expected here");
    check_left_alone("{\"a\": []}",
                     "compile_commands.json holds no list of commands");
    check_left_alone("", "compile_commands.json is not valid JSON: line 1, "
                         "column 1: the document ends too early");
}

static void
odd_entries_do_not_disturb(void)
{
    put("[null, 3, [], {}, {\"file\": 3, \"directory\": []}]\n");
    check_merge("a.c", "-I/py", DATABASE_UPDATED);
    check_merge("a.c", "-I/py", DATABASE_SAME);
}

static void
a_link_stays_a_link_and_one_to_nothing_is_left_alone(void)
{
    char *target = path_join(root, "target.json");
    struct err e = ERR_INIT;
    enum database_result result;
    struct stat st;
    unlink(path);
    CHECK(symlink("target.json", path) == 0);
    CHECK(merge("a.c", "-I/py", &result, &e) == -1);
    CHECK(e.code == ERR_SYSTEM);
    CHECK(lstat(target, &st) < 0);
    CHECK(file_write(target, "[]", 2, &e) == 0);
    check_merge("a.c", "-I/py", DATABASE_UPDATED);
    CHECK(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
    check_file("[\n  " ENTRY("a.c", "-I/py") "\n]");
    free(target);
}

static void
merges_at_the_same_time_lose_nothing(void)
{
    enum { CHILDREN = 8 };
    pid_t pids[CHILDREN];
    unlink(path);
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = fork();
        CHECK(pids[i] >= 0);
        if (pids[i] == 0) {
            struct err e = ERR_INIT;
            enum database_result result;
            char name[] = {'m', (char)('0' + i), '.', 'c', '\0'};
            _exit(merge(name, "-I/py", &result, &e) < 0);
        }
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = 0;
        CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
    }
    struct buf text = BUF_INIT;
    struct json all;
    struct err e = ERR_INIT;
    CHECK(file_read(path, &text, &e) == 0);
    CHECK(json_read(&all, buf_text(&text), text.len, &e) == 0);
    CHECK(all.count == CHILDREN);
    json_dispose(&all);
    buf_dispose(&text);
}

static void
several_entries_are_one_change(void)
{
    struct database_entry entries[3] = {{"/p", "a.c", LIST_INIT},
                                        {"/p", "b.c", LIST_INIT},
                                        {"/p", "c.c", LIST_INIT}};
    enum database_result result;
    struct err e = ERR_INIT;
    for (size_t i = 0; i < 3; i++) {
        list_add(&entries[i].arguments, "cc");
        list_add(&entries[i].arguments, "-Inew");
        list_add(&entries[i].arguments, entries[i].file);
    }
    put("[\n  " ENTRY("b.c", "-Iold") "\n]\n");
    CHECK(database_merge(path, entries, 3, &result, &e) == 0);
    CHECK(result == DATABASE_UPDATED);
    check_file("[\n  " ENTRY("b.c", "-Inew") ",\n  " ENTRY("a.c", "-Inew")
               ",\n  " ENTRY("c.c", "-Inew") "\n]\n");
    CHECK(database_merge(path, entries, 3, &result, &e) == 0);
    CHECK(result == DATABASE_SAME);
    for (size_t i = 0; i < 3; i++) {
        list_dispose(&entries[i].arguments);
    }
}

int
main(void)
{
    CHECK(mkdtemp(root) != NULL);
    path = path_join(root, "compile_commands.json");
    RUN(a_missing_file_is_made_and_a_second_merge_changes_nothing);
    RUN(an_entry_of_ours_is_replaced_in_its_place);
    RUN(foreign_entries_keep_their_bytes_and_order);
    RUN(a_file_on_one_line_stays_on_one_line);
    RUN(what_a_build_system_says_of_the_file_stays);
    RUN(a_file_that_is_no_database_is_left_alone_and_the_line_named);
    RUN(odd_entries_do_not_disturb);
    RUN(merges_at_the_same_time_lose_nothing);
    RUN(a_link_stays_a_link_and_one_to_nothing_is_left_alone);
    RUN(several_entries_are_one_change);
    struct err e = ERR_INIT;
    CHECK(file_remove_tree(root, &e) == 0);
    free(path);
    return 0;
}
