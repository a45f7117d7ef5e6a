/* help: see help.h. */
#include "help.h"

#include <string.h>

#include "commands.h"
#include "opt.h"
#include "report.h"

static void
show(struct buf *text)
{
    report_text(true, buf_text(text));
    buf_dispose(text);
}

static void
add_command(struct buf *out, const struct command *c)
{
    buf_add_fmt(out, "  %-7s  %s\n", c->name, c->summary);
}

void
help_first_screen(void)
{
    /* The four that a newcomer needs; `cowbird help` lists them all. */
    static const char *const shown[] = {"new", "run", "build", "doctor"};
    struct buf out = BUF_INIT;
    buf_add_str(&out, "cowbird " COWBIRD_VERSION
                      " - native code in Python web apps, changed as easily "
                      "as Python\n\n"
                      "Usage: cowbird <command> [options]\n\n"
                      "Commands:\n");
    for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
        for (const struct command *c = commands; c->name != NULL; c++) {
            if (strcmp(c->name, shown[i]) == 0) {
                add_command(&out, c);
            }
        }
    }
    buf_add_str(&out, "\nStart with:  cowbird new scoring && cowbird run "
                      "app.py --compile-path=. --dev\n"
                      "Run 'cowbird help <command>' for details.\n");
    show(&out);
}

void
help_overview(void)
{
    struct buf out = BUF_INIT;
    buf_add_str(&out, "cowbird " COWBIRD_VERSION
                      " - native code in Python web apps, changed as easily "
                      "as Python\n\n"
                      "Usage: cowbird <command> [options]\n"
                      "       cowbird APP.py --compile-path=DIR [--dev]\n"
                      "       cowbird --create-c-file NAME\n\n"
                      "Commands:\n");
    for (const struct command *c = commands; c->name != NULL; c++) {
        add_command(&out, c);
    }
    buf_add_str(&out, "\nTopics:\n");
    for (const struct help_topic *t = help_topics; t->name != NULL; t++) {
        if (t->title != NULL) {
            buf_add_fmt(&out, "  %-7s  %s\n", t->name, t->title);
        }
    }
    buf_add_str(&out, "\n'cowbird help <command>' tells all, "
                      "'cowbird <command> -h' the options.\n");
    show(&out);
}

void
help_show(const struct command *c, const struct opt *table, bool is_long)
{
    struct buf out = BUF_INIT;
    buf_add_fmt(&out, "%s\n\nUsage: cowbird %s\n\n", c->summary, c->usage);
    opt_describe(table, &out);
    const char *text = NULL;
    for (const struct help_topic *t = help_topics; t->name != NULL; t++) {
        if (t->title == NULL && strcmp(t->name, c->name) == 0) {
            text = t->text;
        }
    }
    if (is_long && text != NULL) {
        buf_add_fmt(&out, "\n%s", text);
    }
    else if (!is_long && text != NULL) {
        buf_add_fmt(&out, "\nRun 'cowbird help %s' for details.\n", c->name);
    }
    show(&out);
}
