/* cache: how much the cache holds, and emptying it. */
#include <string.h>

#include "cache.h"
#include "commands.h"
#include "common.h"
#include "json.h"

static void
add_size(struct buf *out, uint64_t bytes)
{
    if (bytes < 1024 * 1024) {
        buf_add_fmt(out, "%.0f KB", (double)bytes / 1024);
    }
    else {
        buf_add_fmt(out, "%.1f MB", (double)bytes / (1024 * 1024));
    }
}

static int
info(const struct common *c)
{
    struct err e = ERR_INIT;
    struct cache_usage u;
    const char *dir = cache_dir(&e);
    if (dir == NULL || cache_measure(&u, &e) < 0) {
        return common_fail(&e, NULL);
    }
    struct buf out = BUF_INIT;
    if (c->json != NULL) {
        buf_add_str(&out, "{\"path\":");
        json_print_str(dir, strlen(dir), &out);
        buf_add_fmt(&out,
                    ",\"bytes\":%llu,\"artefacts\":%llu,\"guests\":%llu,"
                    "\"sessions\":%llu}",
                    (unsigned long long)u.bytes,
                    (unsigned long long)u.artefacts,
                    (unsigned long long)u.guests,
                    (unsigned long long)u.sessions);
    }
    else {
        buf_add_fmt(&out, "path       %s\nsize       ", dir);
        add_size(&out, u.bytes);
        buf_add_fmt(&out,
                    "\nartefacts  %llu\nguests     %llu\nsessions   %llu "
                    "live",
                    (unsigned long long)u.artefacts,
                    (unsigned long long)u.guests,
                    (unsigned long long)u.sessions);
    }
    report_result(buf_text(&out));
    buf_dispose(&out);
    return STATUS_DONE;
}

static int
clear(const struct common *c)
{
    struct err e = ERR_INIT;
    uint64_t freed = 0;
    if (cache_clear(&freed, &e) < 0) {
        return common_fail(&e, NULL);
    }
    struct buf out = BUF_INIT;
    if (c->json != NULL) {
        buf_add_fmt(&out, "{\"freed_bytes\":%llu}",
                    (unsigned long long)freed);
        report_result(buf_text(&out));
    }
    else {
        add_size(&out, freed);
        report_setup("cleared", "%s", buf_text(&out));
    }
    buf_dispose(&out);
    return STATUS_DONE;
}

static int
choose(const struct common *c, const struct list *words)
{
    static const char *const verbs[] = {"info", "clear", NULL};
    if (words->count == 1 && strcmp(words->items[0], "info") == 0) {
        return info(c);
    }
    if (words->count == 1 && strcmp(words->items[0], "clear") == 0) {
        return clear(c);
    }
    if (words->count == 0) {
        return common_misuse("cache", NULL, "cache needs a word: info or "
                                            "clear");
    }
    const char *near = opt_near(words->items[0], verbs);
    struct buf help = BUF_INIT;
    if (near != NULL && words->count == 1) {
        buf_add_fmt(&help, "did you mean '%s'?", near);
    }
    int status = common_misuse("cache", help.len > 0 ? buf_text(&help) : NULL,
                               "cache takes one word, info or clear, not "
                               "'%s'",
                               words->items[words->count - 1]);
    buf_dispose(&help);
    return status;
}

int
cmd_cache(size_t count, char **argv)
{
    struct common c = COMMON_INIT;
    struct opt_rest rest;
    const struct opt table[] = {COMMON_OPTIONS(c), OPT_END};
    int status;
    if (!common_begin(&c, "cache", table, OPT_ANYWHERE, count, argv, &rest,
                      NULL, &status))
    {
        return status;
    }
    status = choose(&c, &rest.words);
    common_end(&c, &rest, NULL);
    return status;
}
