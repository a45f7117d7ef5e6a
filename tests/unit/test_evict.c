/* evict: what the cache holds, what leaves it, what a live session keeps. */
#include <glob.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "binding_file.h"
#include "cache.h"
#include "check.h"
#include "folder.h"
#include "list.h"

static char *
put_entry(const char *kind, const char *name, size_t size)
{
    struct err e = ERR_INIT;
    struct digest_state s;
    bool is_there;
    digest_start(&s);
    digest_add_str(&s, name);
    struct digest key = digest_end(&s);
    char *text = mem_new(size + 1);
    memset(text, 'x', size);
    char *fresh = cache_begin(&e);
    folder_put(fresh, "meta", text);
    CHECK(cache_publish(fresh, kind, &key, &e) == 0);
    free(text);
    free(fresh);
    return cache_entry(kind, &key, &is_there, &e);
}

static void
a_cleared_cache_keeps_what_a_session_uses(void)
{
    char *dir = folder_new();
    char *runtime = folder_new();
    setenv("COWBIRD_CACHE_DIR", dir, 1);
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    char *used = put_entry("artefacts", "used", 10);
    char *unused = put_entry("artefacts", "unused", 10);
    char *guest = put_entry("guests", "guest", 10);
    char *run = put_entry("manifests", "run", 10);
    char *line = mem_format("module\tm\tm\t1\t%s/m.so\t%s/m.so\tm.c\n", used,
                            used);
    folder_put(run, "manifest.cpython-311", line);
    int lock = cache_hold(run, NULL);
    CHECK(lock >= 0);
    struct cache_usage u;
    CHECK(cache_measure(&u, NULL) == 0);
    CHECK(u.artefacts == 2 && u.guests == 1 && u.sessions == 1);
    CHECK(u.bytes > 0);
    uint64_t freed = 0;
    CHECK(cache_clear(&freed, NULL) == 0);
    CHECK(freed > 0);
    CHECK(path_is_dir(used) && path_is_dir(run));
    CHECK(!path_is_dir(unused) && !path_is_dir(guest));
    close(lock);
    CHECK(cache_clear(&freed, NULL) == 0);
    CHECK(!path_is_dir(used) && !path_is_dir(run));
    free(line);
    free(used);
    free(unused);
    free(guest);
    free(run);
    folder_free(dir);
    folder_free(runtime);
}

static void
a_binding_stays_while_a_compiler_reads_it(void)
{
    char *dir = folder_new();
    setenv("COWBIRD_CACHE_DIR", dir, 1);
    int ends[2];
    char word = 0;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        char *path = binding_file_write("m", "/* a binding */\n", NULL);
        _exit(path != NULL && path_is_file(path)
                      && write(ends[1], "w", 1) == 1 && pause() != 0
                  ? 0
                  : 1);
    }
    CHECK(read(ends[0], &word, 1) == 1);
    uint64_t freed = 0;
    char *unused = put_entry("bindings", "unused", 100);
    struct list there = LIST_INIT;
    char *pattern = path_join(dir, "bindings/*/*/m.binding.c");
    glob_t found;
    CHECK(cache_clear(&freed, NULL) == 0);
    CHECK(!path_is_dir(unused));
    CHECK(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1);
    CHECK(binding_file_is(found.gl_pathv[0]) && !binding_file_is(dir));
    list_add(&there, found.gl_pathv[0]);
    globfree(&found);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(cache_clear(&freed, NULL) == 0);
    CHECK(!path_is_file(there.items[0]));
    /* the same text comes to lie at the same place */
    char *again = binding_file_write("m", "/* a binding */\n", NULL);
    char *other = binding_file_write("m", "/* another */\n", NULL);
    CHECK_STR(again, there.items[0]);
    CHECK(strcmp(again, other) != 0);
    list_dispose(&there);
    free(pattern);
    free(again);
    free(other);
    free(unused);
    close(ends[0]);
    close(ends[1]);
    folder_free(dir);
}

static void
the_least_used_artefacts_leave_a_full_cache(void)
{
    char *dir = folder_new();
    setenv("COWBIRD_CACHE_DIR", dir, 1);
    char *old = put_entry("artefacts", "old", 300000);
    char *young = put_entry("artefacts", "young", 300000);
    char *meta = path_join(old, "meta");
    struct utimbuf long_ago = {1000000000, 1000000000};
    CHECK(utime(meta, &long_ago) == 0);
    cache_trim(500000);
    CHECK(!path_is_dir(old) && path_is_dir(young));
    free(meta);
    free(old);
    free(young);
    folder_free(dir);
}

int
main(void)
{
    RUN(a_cleared_cache_keeps_what_a_session_uses);
    RUN(a_binding_stays_while_a_compiler_reads_it);
    RUN(the_least_used_artefacts_leave_a_full_cache);
    return 0;
}
