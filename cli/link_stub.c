/* link_stub: see link_stub.h. An entry is a folder: stubs called 0.so, 1.so …
 * in the order of the libraries, and `asks`, a line a symbol. */
#include "link_stub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "clock.h"
#include "compile_files.h"
#include "compile_job.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "stub_library.h"
#include "toolchain.h"

#define KIND "links"
#define HOPELESS "archives\n"
/* Of a symbol's type, in st_info: one a thread is found in another way. */
#define TYPE_OF(info) ((info) & 0xf)
#define IS_THREADS 6

/* -- the linker's words --------------------------------------------------- */

static bool
is_library(const char *word)
{
    const char *base = path_base(word);
    size_t len = strlen(base);
    return strncmp(word, "-l", 2) == 0 || strstr(base, ".so.") != NULL
           || (len > 2 && strcmp(base + len - 2, ".a") == 0)
           || (len > 3 && strcmp(base + len - 3, ".so") == 0);
}

/* What stands behind it is no input. */
static bool
takes_a_word(const char *word)
{
    static const char *const those[]
        = {"-o", "-soname", "-h", "-m", "-z", "-rpath", "-rpath-link", "-T",
           "--version-script", "-dynamic-linker", NULL};
    size_t i = 0;
    while (those[i] != NULL && strcmp(those[i], word) != 0) {
        i++;
    }
    return those[i] != NULL;
}

static struct digest
key_of(const struct job *j, const struct list *linker)
{
    struct digest_state s;
    struct list places = LIST_INIT;
    digest_start(&s);
    toolchain_add_cc(j->t, &s);
    digest_add_str(&s, j->sources.items[0]);
    for (size_t i = 0; i < linker->count; i++) {
        const char *word = linker->items[i];
        bool is_ours = path_is_below(word, j->folder);
        digest_add_str(&s, is_ours ? path_base(word) : word);
        if (strncmp(word, "-L", 2) == 0) {
            list_add(&places, word + 2);
        }
        else if (!is_ours && is_library(word) && word[0] == '/') {
            list_add(&places, word);
        }
    }
    files_add_facts(&s, &places, clock_now_ns());
    list_dispose(&places);
    return digest_end(&s);
}

static void
add_stubs(struct list *words, const char *entry, const struct asks *known)
{
    list_add(words, "--no-as-needed");
    for (size_t i = 0; i < known->needed.count; i++) {
        list_add_fmt(words, "%s/%zu.so", entry, i);
    }
}

/* The same, with the stubs where the first library stood. False when libraries
 * are more than what is asked of them, or there are none. */
static bool
replace_libraries(const struct list *linker, const char *entry,
                  const struct asks *known, struct list *words)
{
    bool has_stubs = false;
    for (size_t i = 0; i < linker->count; i++) {
        const char *word = linker->items[i];
        if (strcmp(word, "--whole-archive") == 0) {
            list_clear(words);
            return false;
        }
        if (takes_a_word(word) && i + 1 < linker->count) {
            list_add(words, word);
            list_add(words, linker->items[++i]);
        }
        else if (!is_library(word)) {
            list_add(words, word);
        }
        else if (!has_stubs) {
            has_stubs = true;
            add_stubs(words, entry, known);
        }
    }
    if (!has_stubs) {
        list_clear(words);
    }
    return has_stubs;
}

/* -- what is kept --------------------------------------------------------- */

/* "N libc.so.6", "S 18 calloc GLIBC_2.2.5 libc.so.6", "S 18 PyLong_New": names
 * have no blanks. */
static void
write_asks(const struct asks *a, struct buf *text)
{
    for (size_t i = 0; i < a->needed.count; i++) {
        buf_add_fmt(text, "N %s\n", a->needed.items[i]);
    }
    for (size_t i = 0; i < a->count; i++) {
        const struct ask *one = &a->items[i];
        buf_add_fmt(text, "S %u %s", (unsigned)one->info, one->name);
        if (one->version != NULL) {
            buf_add_fmt(text, " %s %s", one->version, one->library);
        }
        buf_add_str(text, "\n");
    }
}

static void
read_line(const char *line, struct asks *a)
{
    struct list parts = LIST_INIT;
    char *copy = mem_copy_str(line);
    char *rest = copy;
    for (char *part; (part = strsep(&rest, " ")) != NULL;) {
        list_add(&parts, part);
    }
    if (parts.count == 2 && strcmp(parts.items[0], "N") == 0) {
        list_add(&a->needed, parts.items[1]);
    }
    else if (parts.count == 3 || parts.count == 5) {
        asks_add(a, parts.items[2], parts.count == 5 ? parts.items[3] : NULL,
                 parts.count == 5 ? parts.items[4] : NULL,
                 (unsigned char)atoi(parts.items[1]));
    }
    free(copy);
    list_dispose(&parts);
}

static void
read_asks(const char *text, struct asks *a)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        char *line = mem_copy_range(text, len);
        read_line(line, a);
        free(line);
        text += len + (text[len] == '\n');
    }
}

void
link_stub_find(struct link_stub *s, const struct job *j,
               const struct list *linker)
{
    bool is_there = false;
    struct buf text = BUF_INIT;
    *s = (struct link_stub){.words = LIST_INIT, .known = ASKS_INIT};
    s->key = key_of(j, linker);
    char *entry = cache_entry(KIND, &s->key, &is_there, NULL);
    char *path = is_there ? path_join(entry, "asks") : NULL;
    if (path != NULL && file_read(path, &text, NULL) == 0) {
        s->is_hopeless = strcmp(buf_text(&text), HOPELESS) == 0;
        if (!s->is_hopeless) {
            read_asks(buf_text(&text), &s->known);
            s->is_hopeless
                = !replace_libraries(linker, entry, &s->known, &s->words);
        }
    }
    buf_dispose(&text);
    free(path);
    free(entry);
}

bool
link_stub_suffices(const struct link_stub *s, const struct job *j)
{
    struct asks now = ASKS_INIT;
    bool is_good = object_asks(j->artefact, &now, NULL) == 0
                   && asks_cover(&s->known, &now);
    asks_dispose(&now);
    return is_good;
}

static bool
has_thread_local(const struct asks *a)
{
    bool has = false;
    for (size_t i = 0; i < a->count; i++) {
        has |= TYPE_OF(a->items[i].info) == IS_THREADS;
    }
    return has;
}

static int
fill(const char *folder, const struct asks *a, bool is_hopeless)
{
    struct buf text = BUF_INIT;
    int status = 0;
    if (is_hopeless) {
        buf_add_str(&text, HOPELESS);
    }
    else {
        write_asks(a, &text);
    }
    for (size_t i = 0; i < a->needed.count && !is_hopeless; i++) {
        char *path = mem_format("%s/%zu.so", folder, i);
        status |= stub_library_write(path, a->needed.items[i], a, NULL);
        free(path);
    }
    char *path = path_join(folder, "asks");
    status |= file_write_new(path, buf_text(&text), text.len, NULL);
    free(path);
    buf_dispose(&text);
    return status;
}

/* Stubs that had all that a link in full asks for, and did not do: the rest
 * comes from archives. */
void
link_stub_learn(const struct link_stub *s, const struct job *j)
{
    struct asks now = ASKS_INIT;
    bool is_there = false;
    if (s->is_hopeless || object_asks(j->artefact, &now, NULL) < 0) {
        asks_dispose(&now);
        return;
    }
    bool is_hopeless = has_thread_local(&now)
                       || (s->words.count > 0 && asks_cover(&s->known, &now));
    char *old = cache_entry(KIND, &s->key, &is_there, NULL);
    char *folder = cache_begin(NULL);
    if (folder != NULL && fill(folder, &now, is_hopeless) == 0) {
        if (is_there) {
            file_remove_tree(old, NULL);
        }
        if (cache_publish(folder, KIND, &s->key, NULL) < 0) {
            cache_abandon(folder);
        }
    }
    else if (folder != NULL) {
        cache_abandon(folder);
    }
    free(folder);
    free(old);
    asks_dispose(&now);
}

void
link_stub_dispose(struct link_stub *s)
{
    list_dispose(&s->words);
    asks_dispose(&s->known);
}
