/* crash: see crash.h. */
#include "crash.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "list.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "tool.h"
#include "wire/crash.h"
#include "wire/debuginfo.h"
#include "wire/debugline.h"

/* addr2line reads one image; a loop waits for it. */
#define PLACE_MS 3000

/* "total\n/p/scoring.c:14 (discriminator 2)\n", "??\n??:0\n". With -i pairs
 * of callers follow that were merged into the same code. */
static void
take_place(struct crash *c, const char *said)
{
    size_t len = strcspn(said, "\n");
    if (len > 0 && said[0] != '?') {
        c->function = mem_copy_range(said, len);
    }
    const char *place = said[len] == '\0' ? "" : said + len + 1;
    size_t end = strcspn(place, "\n");
    char *line = mem_copy_range(place, end);
    char *colon = strrchr(line, ':');
    if (colon != NULL && line[0] != '?') {
        *colon = '\0';
        c->line = (int)strtol(colon + 1, NULL, 10);
        c->file = c->line > 0 ? mem_copy_str(line) : NULL;
    }
    free(line);
}

/* Where addr2line is not installed. */
static void
read_place(struct crash *c, const char *image, uint64_t at)
{
    struct debug d;
    struct debug_place place;
    struct object *o = c->function != NULL ? NULL : object_open(image, NULL);
    if (o != NULL) {
        c->function = object_function(o, at);
    }
    object_free(o);
    if (c->file == NULL && debug_open_lines(&d, image) == 0) {
        if (debug_line(&d, at, &place)) {
            c->file = mem_copy_str(place.file);
            c->line = (int)place.line;
        }
        debug_close(&d);
    }
}

static void
find_place(struct crash *c, const struct crash_record *r)
{
    uint64_t at = r->is_caller != 0 && r->offset > 0 ? r->offset - 1
                                                     : r->offset;
    struct list argv = LIST_INIT;
    struct tool_result said = TOOL_RESULT_INIT;
    const struct tool_options o = {.deadline_ms = PLACE_MS, .is_plain = true};
    char *number = mem_format("0x%llx", (unsigned long long)at);
    const char *const words[] = {"addr2line", "-f", "-C", "-i",
                                 "-e",        r->image, number};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        list_add(&argv, words[i]);
    }
    if (tool_run(&argv, &o, &said, NULL) == 0 && said.status == 0) {
        take_place(c, buf_text(&said.out));
    }
    read_place(c, r->image, at);
    tool_result_dispose(&said);
    list_dispose(&argv);
    free(number);
}

bool
crash_read(struct crash *c, const char *path)
{
    struct buf bytes = BUF_INIT;
    struct crash_record r;
    *c = (struct crash){.pid = 0};
    bool is_whole = file_read(path, &bytes, NULL) == 0
                    && bytes.len == sizeof(r);
    if (is_whole) {
        memcpy(&r, bytes.data, sizeof(r));
        is_whole = r.magic == CRASH_MAGIC && r.number > 0 && r.number < NSIG;
    }
    buf_dispose(&bytes);
    if (!is_whole) {
        return false;
    }
    r.soabi[sizeof(r.soabi) - 1] = '\0';
    r.module[sizeof(r.module) - 1] = '\0';
    r.image[sizeof(r.image) - 1] = '\0';
    const char *name = sigabbrev_np((int)r.number);
    snprintf(c->signal, sizeof(c->signal), "SIG%s",
             name == NULL ? "?" : name);
    c->number = (int)r.number;
    c->pid = (long)r.pid;
    c->address = r.address;
    c->generation = r.generation;
    c->is_deep = r.is_deep != 0;
    if (c->generation > 0) {
        c->module = mem_copy_str(r.module);
        c->soabi = mem_copy_str(r.soabi);
        if (r.image[0] != '\0') {
            find_place(c, &r);
        }
    }
    return true;
}

char *
crash_words(const struct crash *c, const char *root)
{
    struct buf b = BUF_INIT;
    buf_add_str(&b, c->signal);
    if (c->is_deep) {
        buf_add_str(&b, " (stack full)");
    }
    if (c->function != NULL) {
        buf_add_fmt(&b, " in %s()", c->function);
    }
    if (c->file != NULL) {
        buf_add_fmt(&b, " at %s:%d", path_below(c->file, root), c->line);
    }
    return buf_take(&b);
}

void
crash_dispose(struct crash *c)
{
    free(c->module);
    free(c->soabi);
    free(c->function);
    free(c->file);
    *c = (struct crash){.pid = 0};
}
