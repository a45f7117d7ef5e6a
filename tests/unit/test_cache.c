/* cache: entries appear whole, and what killed processes left goes. */
#include "cache.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "folder.h"

static struct digest
key_of(const char *text)
{
    struct digest_state s;
    digest_start(&s);
    digest_add_str(&s, text);
    return digest_end(&s);
}

static void
the_folder_is_made_and_marked(void)
{
    char *dir = folder_new();
    char *inner = path_join(dir, "a/b");
    setenv("COWBIRD_CACHE_DIR", inner, 1);
    CHECK_STR(cache_dir(NULL), inner);
    char *tag = path_join(inner, "CACHEDIR.TAG");
    CHECK(path_is_file(tag));
    unsetenv("COWBIRD_CACHE_DIR");
    setenv("XDG_CACHE_HOME", dir, 1);
    char *want = path_join(dir, "cowbird");
    CHECK_STR(cache_dir(NULL), want);
    free(tag);
    free(want);
    free(inner);
    folder_free(dir);
}

static void
an_entry_appears_whole_and_stays(void)
{
    char *dir = folder_new();
    setenv("COWBIRD_CACHE_DIR", dir, 1);
    struct digest key = key_of("one");
    bool is_there = true;
    char *entry = cache_entry("artefacts", &key, &is_there, NULL);
    CHECK(!is_there);
    char *first = cache_begin(NULL);
    char *twin = cache_begin(NULL);
    folder_put(first, "x", "first");
    folder_put(twin, "x", "twin");
    CHECK(cache_publish(first, "artefacts", &key, NULL) == 0);
    CHECK(cache_publish(twin, "artefacts", &key, NULL) == 0);
    CHECK(!path_is_dir(first) && !path_is_dir(twin));
    free(entry);
    entry = cache_entry("artefacts", &key, &is_there, NULL);
    CHECK(is_there);
    char *x = path_join(entry, "x");
    struct buf text = BUF_INIT;
    CHECK(file_read(x, &text, NULL) == 0);
    CHECK_STR(buf_text(&text), "first");
    buf_dispose(&text);
    free(x);
    free(entry);
    free(first);
    free(twin);
    folder_free(dir);
}

/* A process that was killed while it filled a folder. */
static char *
leave_behind(void)
{
    int ends[2];
    char name[4096] = "";
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *path = cache_begin(NULL);
        ssize_t n = write(ends[1], path, strlen(path));
        (void)n;
        close(ends[1]);
        pause();
        _exit(0);
    }
    close(ends[1]);
    for (size_t len = 0; len < sizeof(name) - 1;) {
        ssize_t n = read(ends[0], name + len, sizeof(name) - 1 - len);
        CHECK(n >= 0);
        if (n == 0) {
            break;
        }
        len += (size_t)n;
    }
    close(ends[0]);
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, NULL, 0) == pid);
    return mem_copy_str(name);
}

static void
what_a_killed_process_left_is_swept(void)
{
    char *dir = folder_new();
    setenv("COWBIRD_CACHE_DIR", dir, 1);
    char *left = leave_behind();
    CHECK(path_is_dir(left));
    /* The first folder that a process makes sweeps. */
    pid_t pid = fork();
    if (pid == 0) {
        char *mine = cache_begin(NULL);
        bool is_good = !path_is_dir(left) && path_is_dir(mine);
        cache_abandon(mine);
        _exit(is_good ? 0 : 1);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    free(left);
    folder_free(dir);
}

static void
a_folder_made_ahead_is_the_next_that_is_asked_for(void)
{
    char *dir = folder_new();
    setenv("COWBIRD_CACHE_DIR", dir, 1);
    cache_begin_ahead();
    cache_begin_ahead(); /* one at most */
    /* A fork has none of it: both would fill the same. */
    pid_t pid = fork();
    if (pid == 0) {
        char *other = cache_begin(NULL);
        folder_put(other, "x", "the fork's");
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    char *mine = cache_begin(NULL);
    char *x = path_join(mine, "x");
    CHECK(path_is_dir(mine) && !path_is_file(x));
    char *next = cache_begin(NULL);
    CHECK(strcmp(mine, next) != 0);
    cache_abandon(mine);
    cache_abandon(next);
    free(x);
    free(mine);
    free(next);
    folder_free(dir);
}

static void
a_folder_made_ahead_that_somebody_removed_is_made_again(void)
{
    char *dir = folder_new();
    setenv("COWBIRD_CACHE_DIR", dir, 1);
    cache_begin_ahead();
    char *tmp = path_join(dir, "tmp");
    CHECK(file_remove_tree(tmp, NULL) == 0);
    char *mine = cache_begin(NULL);
    CHECK(mine != NULL && path_is_dir(mine));
    cache_abandon(mine);
    cache_begin_ahead();
    cache_abandon_ahead();
    CHECK(rmdir(tmp) == 0);
    free(mine);
    free(tmp);
    folder_free(dir);
}

static void
a_place_that_cannot_be_written_is_named(void)
{
    char *dir = folder_new();
    char *file = folder_write(dir, "file", "");
    char *below = path_join(file, "cache");
    setenv("COWBIRD_CACHE_DIR", below, 1);
    struct err e = ERR_INIT;
    CHECK(cache_dir(&e) == NULL);
    CHECK(e.code == ERR_SYSTEM && strstr(e.text, below) != NULL);
    free(below);
    free(file);
    folder_free(dir);
}

int
main(void)
{
    RUN(what_a_killed_process_left_is_swept);
    RUN(the_folder_is_made_and_marked);
    RUN(an_entry_appears_whole_and_stays);
    RUN(a_folder_made_ahead_is_the_next_that_is_asked_for);
    RUN(a_folder_made_ahead_that_somebody_removed_is_made_again);
    RUN(a_place_that_cannot_be_written_is_named);
    return 0;
}
