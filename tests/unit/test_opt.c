/* What a command line is read as, and what is said about a mistyped one. */
#include "check.h"

#include "opt.h"
#include "opt_hint.h"

struct targets {
    bool is_dev;
    bool is_verbose;
    const char *cc;
    const char *json;
    int jobs;
    struct list paths;
    struct opt_rest rest;
    struct buf help;
    struct err e;
    int status;
};

/* Parses up to nine words into `t`. */
static void
parse(struct targets *t, enum opt_style style, const char *const *words)
{
    *t = (struct targets){.jobs = -1};
    const struct opt table[] = {
        {OPT_FLAG, "dev", NULL, 0, &t->is_dev, NULL, "swap while it runs"},
        {OPT_FLAG, "verbose", NULL, 'v', &t->is_verbose, NULL, "say more"},
        {OPT_STRING, "cc", NULL, 0, &t->cc, "CC", "compiler"},
        {OPT_NUMBER, "jobs", NULL, 'j', &t->jobs, "N", "at most N"},
        {OPT_MAYBE, "json", NULL, 0, &t->json, "PATH", "as JSON"},
        {OPT_LIST, "compile-path", "compile-c-path", 0, &t->paths, "DIR",
         "sources"},
        OPT_END,
    };
    char *argv[10];
    size_t count = 0;
    for (; words[count] != NULL; count++) {
        argv[count] = (char *)words[count];
    }
    t->status = opt_parse(table, style, count, argv, &t->rest, &t->help,
                          &t->e);
}

#define PARSE(t, style, ...)                                                  \
    parse(t, style, (const char *const[]){__VA_ARGS__, NULL})

static void
dispose(struct targets *t)
{
    list_dispose(&t->paths);
    opt_rest_dispose(&t->rest);
    buf_dispose(&t->help);
}

static void
options_stand_before_and_after_words(void)
{
    struct targets t;
    PARSE(&t, OPT_ANYWHERE, "--dev", "app.py", "--compile-path", "a",
          "--compile-c-path=b", "serve", "-vj4", "--cc=gcc");
    CHECK(t.status == 0 && t.is_dev && t.is_verbose && t.jobs == 4);
    CHECK_STR(t.cc, "gcc");
    CHECK(t.paths.count == 2);
    CHECK_STR(t.paths.items[0], "a");
    CHECK_STR(t.paths.items[1], "b");
    CHECK(t.rest.words.count == 2 && !t.rest.has_dashes);
    CHECK_STR(t.rest.words.items[1], "serve");
    dispose(&t);
}

static void
nothing_behind_two_dashes_is_ours(void)
{
    struct targets t;
    PARSE(&t, OPT_AROUND_APP, "--dev", "--", "uvicorn", "--cc", "--", "x");
    CHECK(t.status == 0 && t.rest.has_dashes && t.cc == NULL);
    CHECK(t.rest.words.count == 0 && t.rest.command.count == 4);
    CHECK_STR(t.rest.command.items[2], "--");
    dispose(&t);
}

static void
a_bare_maybe_never_takes_the_next_word(void)
{
    struct targets t;
    PARSE(&t, OPT_ANYWHERE, "--json", "word");
    CHECK_STR(t.json, "");
    CHECK(t.rest.words.count == 1);
    dispose(&t);
    PARSE(&t, OPT_ANYWHERE, "--json=fd:3");
    CHECK_STR(t.json, "fd:3");
    dispose(&t);
}

static void
a_lone_dash_is_a_word(void)
{
    struct targets t;
    PARSE(&t, OPT_ANYWHERE, "-");
    CHECK(t.status == 0 && t.rest.words.count == 1);
    dispose(&t);
}

static void
bad_values_are_named(void)
{
    struct targets t;
    PARSE(&t, OPT_ANYWHERE, "--jobs=many");
    CHECK(t.status == -1 && t.e.code == ERR_USAGE);
    CHECK_STR(t.e.text, "option '--jobs' needs a whole number, not 'many'");
    dispose(&t);
    PARSE(&t, OPT_ANYWHERE, "-j-1");
    CHECK_STR(t.e.text, "option '--jobs' needs a whole number, not '-1'");
    dispose(&t);
    PARSE(&t, OPT_ANYWHERE, "--jobs=99999999999");
    CHECK(t.status == -1);
    dispose(&t);
    PARSE(&t, OPT_ANYWHERE, "--dev=yes");
    CHECK_STR(t.e.text, "option '--dev' takes no value");
    dispose(&t);
    PARSE(&t, OPT_ANYWHERE, "x", "--cc");
    CHECK_STR(t.e.text, "option '--cc' needs a value");
    CHECK_STR(buf_text(&t.help), "--cc=CC");
    dispose(&t);
    PARSE(&t, OPT_AROUND_APP, "--cc", "--", "uvicorn");
    CHECK_STR(t.e.text, "option '--cc' needs a value");
    dispose(&t);
}

static void
an_unknown_option_names_what_was_meant(void)
{
    struct targets t;
    PARSE(&t, OPT_ANYWHERE, "--dve");
    CHECK_STR(t.e.text, "unknown option '--dve'");
    CHECK_STR(buf_text(&t.help), "did you mean '--dev'?");
    dispose(&t);
    PARSE(&t, OPT_ANYWHERE, "--compile-pth=src");
    CHECK_STR(t.e.text, "unknown option '--compile-pth'");
    CHECK_STR(buf_text(&t.help), "did you mean '--compile-path'?");
    dispose(&t);
    PARSE(&t, OPT_ANYWHERE, "-x");
    CHECK_STR(t.e.text, "unknown option '-x'");
    CHECK_STR(buf_text(&t.help), "");
    dispose(&t);
}

static void
an_option_of_the_app_gets_its_command_with_dashes(void)
{
    struct targets t;
    PARSE(&t, OPT_AROUND_APP, "app.py", "serve", "--port", "80 00", "--dev",
          "--cc", "gcc");
    CHECK_STR(t.e.text, "unknown option '--port'");
    CHECK_STR(buf_text(&t.help), "to pass it on: cowbird run app.py --dev "
                                 "--cc gcc -- serve --port '80 00'");
    dispose(&t);
    PARSE(&t, OPT_AROUND_APP, "uvicorn", "app:app", "--workers", "2",
          "--dev");
    CHECK_STR(buf_text(&t.help), "to pass it on: cowbird run --dev -- uvicorn "
                                 "app:app --workers 2");
    dispose(&t);
    PARSE(&t, OPT_AROUND_APP, "--reload", "app.py");
    CHECK_STR(buf_text(&t.help), "to pass it on: cowbird run app.py -- "
                                 "--reload");
    dispose(&t);
    PARSE(&t, OPT_AROUND_APP, "--dve", "--", "uvicorn");
    CHECK_STR(buf_text(&t.help), "did you mean '--dev'?");
    dispose(&t);
}

static void
near_words_are_found_and_far_ones_are_not(void)
{
    static const char *const words[] = {"build", "check", "run", "new", NULL};
    CHECK_STR(opt_near("biuld", words), "build");
    CHECK_STR(opt_near("Build", words), "build");
    CHECK_STR(opt_near("buil", words), "build");
    CHECK_STR(opt_near("rnu", words), "run");
    CHECK(opt_near("deploy", words) == NULL);
    CHECK(opt_near("", words) == NULL);
    CHECK(opt_near("x", words) == NULL);
}

static void
help_stands_in_columns_and_is_wrapped(void)
{
    bool flag;
    const char *text;
    const struct opt table[] = {
        {OPT_FLAG, "dev", NULL, 0, &flag, NULL, "swap while it runs"},
        {OPT_STRING, "an-option-of-some-length", NULL, 'a', &text, "VALUE",
         "words that do not fit into one line of eighty columns and so go on "
         "below"},
        {OPT_MAYBE, "json", NULL, 0, &text, "PATH", "as JSON"},
        {OPT_FLAG, "hidden", NULL, 0, &flag, NULL, NULL},
        OPT_END,
    };
    struct buf out = BUF_INIT;
    opt_describe(table, &out);
    CHECK_STR(buf_text(&out),
              "Options:\n"
              "      --dev                 swap while it runs\n"
              "  -a, --an-option-of-some-length=VALUE\n"
              "                            words that do not fit into one "
              "line of eighty\n"
              "                            columns and so go on below\n"
              "      --json[=PATH]         as JSON\n");
    buf_dispose(&out);
}

int
main(void)
{
    RUN(options_stand_before_and_after_words);
    RUN(nothing_behind_two_dashes_is_ours);
    RUN(a_bare_maybe_never_takes_the_next_word);
    RUN(a_lone_dash_is_a_word);
    RUN(bad_values_are_named);
    RUN(an_unknown_option_names_what_was_meant);
    RUN(an_option_of_the_app_gets_its_command_with_dashes);
    RUN(near_words_are_found_and_far_ones_are_not);
    RUN(help_stands_in_columns_and_is_wrapped);
    return 0;
}
