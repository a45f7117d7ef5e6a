/* evict: what the cache holds, what leaves it, what a live session keeps. */
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "cache.h"
#include "check.h"
#include "folder.h"

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
    RUN(the_least_used_artefacts_leave_a_full_cache);
    return 0;
}
