/* kept_object: see kept_object.h. An entry is found in two steps, as an
 * artefact is (compile_key): words and source name a memory of the files that
 * the last such compile read; those as they are now complete the key. */
#include "kept_object.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "clock.h"
#include "compile_files.h"
#include "compile_job.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "toolchain.h"

#define KIND "objects"
#define OBJECT "object.o"
#define WORDS "words"

void
kept_object_begin(struct kept_object *k, const struct job *j,
                  const char *source, const struct list *words,
                  const struct buf *piece)
{
    struct digest_state s;
    char *cwd = getcwd(NULL, 0); /* flags may hold relative paths */
    clock_gettime(CLOCK_REALTIME_COARSE, &k->started);
    k->source = source;
    k->content = files_content(source);
    size_t bindings = j->plain_name == NULL ? 0 : 1;
    k->is_wanted = piece != NULL || j->sources.count - bindings > 1;
    digest_start(&s);
    for (size_t i = 0; i < words->count; i++) {
        digest_add_str(&s, words->items[i]);
    }
    digest_add_str(&s, cwd);
    digest_add_str(&s, getenv("SOURCE_DATE_EPOCH"));
    toolchain_add_cc(j->t, &s);
    digest_add_str(&s, source);
    if (piece == NULL) {
        digest_add(&s, k->content.bytes, sizeof(k->content.bytes));
    }
    else {
        digest_add_str(&s, "piece");
        digest_add(&s, piece->data, piece->len);
    }
    k->base = digest_end(&s);
    free(cwd);
}

static char *
memory_path(const struct kept_object *k)
{
    return cache_file("object-files", &k->base, NULL);
}

static void
add_content(struct digest_state *s, const char *path)
{
    struct digest d = files_content(path);
    digest_add_str(s, path);
    digest_add(s, d.bytes, sizeof(d.bytes));
}

static struct digest
whole_key(const struct kept_object *k, const struct job *j,
          const struct list *files)
{
    struct list project = LIST_INIT;
    struct list system = LIST_INIT;
    struct digest_state s;
    files_sort(j, files, &project, &system);
    digest_start(&s);
    digest_add(&s, k->base.bytes, sizeof(k->base.bytes));
    for (size_t i = 0; i < project.count; i++) {
        add_content(&s, project.items[i]);
    }
    /* one source may include another */
    for (size_t i = 0; i < j->sources.count; i++) {
        if (list_has(files, j->sources.items[i])
            && strcmp(j->sources.items[i], k->source) != 0)
        {
            add_content(&s, j->sources.items[i]);
        }
    }
    files_add_facts(&s, &system, clock_now_ns());
    list_dispose(&project);
    list_dispose(&system);
    return digest_end(&s);
}

/* Whether what the compiler read is what is there. */
static bool
is_unchanged(const struct kept_object *k, const struct list *files)
{
    struct digest now = files_content(k->source);
    bool is_same = digest_equal(&now, &k->content);
    for (size_t i = 0; is_same && i < files->count; i++) {
        is_same = strcmp(files->items[i], k->source) == 0
                  || files_is_older(files->items[i], &k->started);
    }
    return is_same;
}

static bool
read_memory(const struct kept_object *k, struct list *files)
{
    struct buf text = BUF_INIT;
    char *path = memory_path(k);
    bool is_there = path != NULL && path_is_file(path)
                    && file_read(path, &text, NULL) == 0;
    for (const char *at = buf_text(&text); is_there && *at != '\0';) {
        size_t len = strcspn(at, "\n");
        list_add_taken(files, mem_copy_range(at, len));
        at += len + (at[len] == '\n');
    }
    buf_dispose(&text);
    free(path);
    return is_there;
}

bool
kept_object_take(const struct kept_object *k, const struct job *j,
                 const char *path, struct list *files, struct buf *words)
{
    struct list read = LIST_INIT;
    bool is_there = false;
    char *entry = NULL;
    if (k->is_wanted && read_memory(k, &read)) {
        struct digest key = whole_key(k, j, &read);
        entry = cache_entry(KIND, &key, &is_there, NULL);
    }
    if (is_there) {
        char *object = path_join(entry, OBJECT);
        char *said = path_join(entry, WORDS);
        is_there = file_copy(object, path, NULL) == 0
                   && file_read(said, words, NULL) == 0;
        free(object);
        free(said);
    }
    for (size_t i = 0; is_there && i < read.count; i++) {
        list_add_new(files, read.items[i]);
    }
    list_dispose(&read);
    free(entry);
    return is_there;
}

void
kept_object_put(const struct kept_object *k, const struct job *j,
                const char *path, const struct list *files,
                const struct buf *words)
{
    char *memory = k->is_wanted && is_unchanged(k, files) ? memory_path(k)
                                                          : NULL;
    /* in the job's folder, which goes with the job if we are ended */
    char *folder = mem_format("%s.kept", path);
    if (memory != NULL && mkdir(folder, 0700) == 0) {
        char *object = path_join(folder, OBJECT);
        char *said = path_join(folder, WORDS);
        char *lines = list_join(files, "\n");
        struct digest key = whole_key(k, j, files);
        if (file_copy(path, object, NULL) < 0
            || file_write(said, words->data == NULL ? "" : words->data,
                          words->len, NULL) < 0
            || cache_publish(folder, KIND, &key, NULL) < 0
            || file_write(memory, lines, strlen(lines), NULL) < 0)
        {
            file_remove_tree(folder, NULL);
        }
        free(object);
        free(said);
        free(lines);
    }
    free(memory);
    free(folder);
}
