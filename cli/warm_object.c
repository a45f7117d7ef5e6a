/* warm_object: see warm_object.h. */
#include "warm_object.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "binding_file.h"
#include "cc_words.h"
#include "compile_job.h"
#include "file.h"
#include "make_rule.h"
#include "mem.h"
#include "path.h"
#include "tool.h"
#include "warm_child.h"

#define OBJECT_MS 60000

static char *
object_in(const char *folder)
{
    return path_join(folder, "binding.o");
}

static char *
rule_in(const char *folder)
{
    return path_join(folder, "binding.d");
}

void
warm_object_run(struct job *j, int fd, const char *text, const char *folder,
                pid_t parent)
{
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = OBJECT_MS, .has_no_group = true,
                             .is_merged = true, .is_plain = true};
    pid_t word = WARM_READY;
    warm_child_begin(parent, fd, fd);
    setenv("TMPDIR", folder, 1);
    char *source = binding_file_write(j->stem, text, NULL);
    char *object = object_in(folder);
    char *rule = rule_in(folder);
    const struct cc_output to = {object, rule};
    if (source == NULL) {
        _exit(1);
    }
    list_add(&j->sources, source);
    cc_words_compile(&argv, j, j->sources.count - 1, true, &to);
    bool is_good = tool_run(&argv, &o, &r, NULL) == 0 && r.status == 0
                   && r.out.len == 0
                   && send(fd, &word, sizeof(word), MSG_NOSIGNAL) >= 0;
    _exit(is_good ? 0 : 1);
}

void
warm_object_files(const char *folder, struct list *files)
{
    char *rule = rule_in(folder);
    struct list all = LIST_INIT;
    make_rule_files(rule, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (!binding_file_is(all.items[i])) {
            list_add(files, all.items[i]);
        }
    }
    list_dispose(&all);
    free(rule);
}

bool
warm_object_take(const struct job *j, size_t index, struct record *r)
{
    const char *source = j->sources.items[index];
    struct buf text = BUF_INIT;
    if (j->cc.binding == NULL || !binding_file_is(source)) {
        return false;
    }
    char *made = object_in(j->cc.folder);
    char *object = mem_format("%s/%zu.o", j->folder, index);
    bool is_same = file_read(source, &text, NULL) == 0
                   && strcmp(buf_text(&text), j->cc.binding) == 0
                   && link(made, object) == 0;
    if (is_same) {
        warm_object_files(j->cc.folder, &r->files);
    }
    buf_dispose(&text);
    free(object);
    free(made);
    return is_same;
}
