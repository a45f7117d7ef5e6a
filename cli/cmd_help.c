/* help: explains a command or a topic. A command's screen is its own
 * `--help`; only topics are written elsewhere (help_topics).
 */
#include "commands.h"

#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "help.h"
#include "help_types.h"
#include "mem.h"

static void
show_text(const struct help_topic *t)
{
    struct buf text = BUF_INIT;
    if (t->text == NULL) {
        help_types_write(&text);
    }
    else {
        buf_add_str(&text, t->text);
    }
    report_text(true, buf_text(&text));
    buf_dispose(&text);
}

static bool
show_topic(const char *name)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            char word[] = "--help";
            char *argv[] = {word, NULL};
            c->run(1, argv);
            return true;
        }
    }
    for (const struct help_topic *t = help_topics; t->name != NULL; t++) {
        if (t->title != NULL && strcmp(t->name, name) == 0) {
            show_text(t);
            return true;
        }
    }
    return false;
}

static int
refuse_topic(const char *name)
{
    const char **names = NULL;
    size_t count = 0;
    for (const struct command *c = commands; c->name != NULL; c++) {
        names = mem_resize(names, count + 2, sizeof(*names));
        names[count++] = c->name;
    }
    for (const struct help_topic *t = help_topics; t->name != NULL; t++) {
        names = mem_resize(names, count + 2, sizeof(*names));
        names[count++] = t->name;
    }
    names[count] = NULL;
    const char *near = opt_near(name, names);
    char *hint = near == NULL
                     ? mem_copy_str("'cowbird help' lists the topics")
                     : mem_format("did you mean '%s'?", near);
    free(names);
    int status = common_misuse("help", hint, "no help on '%s'", name);
    free(hint);
    return status;
}

int
cmd_help(size_t count, char **argv)
{
    struct common c = COMMON_INIT;
    const struct opt table[] = {COMMON_OPTIONS(c), OPT_END};
    struct opt_rest rest;
    int status;
    if (!common_begin(&c, "help", table, OPT_ANYWHERE, count, argv, &rest,
                      NULL, &status))
    {
        return status;
    }
    status = STATUS_DONE;
    if (rest.words.count > 1) {
        status = common_misuse("help", NULL, "'help' takes one topic");
    }
    else if (rest.words.count == 0) {
        help_overview();
    }
    else if (!show_topic(rest.words.items[0])) {
        status = refuse_topic(rest.words.items[0]);
    }
    common_end(&c, &rest, NULL);
    return status;
}
