/* How a session is found, kept private and swept up. */
#include "check.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "session.h"

static const struct list none = LIST_INIT;

static size_t
count_sessions(void)
{
    struct session_info *infos = NULL;
    size_t count = 0;
    struct err e = ERR_INIT;
    CHECK(session_list(&infos, &count, &e) == 0);
    for (size_t i = 0; i < count; i++) {
        session_info_dispose(&infos[i]);
    }
    free(infos);
    return count;
}

static void
an_open_session_is_listed_and_answers(void)
{
    struct session s;
    struct err e = ERR_INIT;
    struct list paths = LIST_INIT;
    list_add(&paths, "/project with space/native");
    list_add(&paths, "/elsewhere");
    CHECK(session_open(&s, "/project with space", &paths, &e) == 0);
    struct session_info *infos = NULL;
    size_t count = 0;
    CHECK(session_list(&infos, &count, &e) == 0);
    CHECK(count == 1);
    CHECK_STR(infos[0].root, "/project with space");
    CHECK(infos[0].compile_paths.count == 2);
    CHECK(session_compiles(&infos[0], "/project with space/native/a.c"));
    CHECK(session_compiles(&infos[0], "/elsewhere/b.c"));
    CHECK(!session_compiles(&infos[0], "/project with space/a.c"));
    CHECK(infos[0].pid == (long)getpid());
    int fd = session_connect(&infos[0], &e);
    CHECK(fd >= 0);
    close(fd);
    session_info_dispose(&infos[0]);
    free(infos);
    session_close(&s);
    list_dispose(&paths);
    CHECK(count_sessions() == 0);
}

static void
its_folder_is_closed_to_others(void)
{
    struct session s;
    struct err e = ERR_INIT;
    struct stat st;
    CHECK(session_open(&s, "/p", &none, &e) == 0);
    CHECK(stat(s.dir, &st) == 0 && (st.st_mode & 077) == 0);
    session_close(&s);
}

static void
what_a_killed_session_left_is_removed(void)
{
    int ready[2];
    CHECK(pipe(ready) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct session s;
        struct err e = ERR_INIT;
        char byte = session_open(&s, "/dead", &none, &e) == 0 ? '1' : '0';
        _exit(write(ready[1], &byte, 1) == 1 ? pause() : 1);
    }
    char byte = 0;
    CHECK(read(ready[0], &byte, 1) == 1 && byte == '1');
    CHECK(count_sessions() == 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    CHECK(count_sessions() == 0);
    close(ready[0]);
    close(ready[1]);
}

static void
a_runtime_folder_too_long_for_a_socket_is_passed_by(void)
{
    struct session s;
    struct err e = ERR_INIT;
    char *old = mem_copy_str(getenv("XDG_RUNTIME_DIR"));
    char *deep = mem_format("%s/%0100d", old, 0);
    CHECK(path_make_dirs(deep, 0700, &e) == 0);
    setenv("XDG_RUNTIME_DIR", deep, 1);
    CHECK(session_open(&s, "/p", &none, &e) == 0);
    CHECK(!path_is_below(s.dir, deep));
    session_close(&s);
    setenv("XDG_RUNTIME_DIR", old, 1);
    free(old);
    free(deep);
}

int
main(void)
{
    char *folder = folder_new();
    char *cache = mem_format("%s/cache", folder);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    setenv("TMPDIR", folder, 1);
    setenv("COWBIRD_CACHE_DIR", cache, 1);
    free(cache);
    RUN(an_open_session_is_listed_and_answers);
    RUN(its_folder_is_closed_to_others);
    RUN(what_a_killed_session_left_is_removed);
    RUN(a_runtime_folder_too_long_for_a_socket_is_passed_by);
    folder_free(folder);
    return 0;
}
