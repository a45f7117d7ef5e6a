/* What stands on stderr, letter by letter, and in the JSON beside it. */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"
#include "list.h"
#include "report.h"

static int64_t
noon(void)
{
    return 0;
}

/* Our stderr while a test listens. */
struct ear {
    char *folder;
    char *path;
    int real; /* stderr as it was */
};

static void
listen(struct ear *ear)
{
    ear->folder = folder_new();
    ear->path = path_join(ear->folder, "err");
    int fd = open(ear->path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    CHECK(fd >= 0);
    ear->real = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

/* What was said, on the heap; stderr is back. */
static char *
heard(struct ear *ear)
{
    struct buf text = BUF_INIT;
    report_dispose();
    dup2(ear->real, STDERR_FILENO);
    close(ear->real);
    CHECK(file_read(ear->path, &text, NULL) == 0);
    folder_free(ear->folder);
    free(ear->path);
    return buf_take(&text);
}

static void
start(enum report_level level, enum report_color color, const char *json)
{
    struct report_options o = {
        .level = level, .color = color, .root = "/p", .json_path = json};
    struct err e = ERR_INIT;
    CHECK(report_init(&o, &e) == 0);
}

static const struct report_event swap = {
    .verb = VERB_SWAP,
    .subject = "scoring",
    .text = "total()     31ms  2/2 workers  gen 5",
};

static void
say_broken(void)
{
    struct diag_list l = DIAG_LIST_INIT;
    diag_parse(&l,
               "scoring.c:11:31: error: use of undeclared identifier 'sun'; "
               "did you mean 'sum'?\n"
               "   11 |     return PyFloat_FromDouble(sun);\n"
               "      |                               ^~~\n",
               "/p");
    struct report_event event = {.verb = VERB_ERROR,
                                 .subject = "scoring",
                                 .text = "1 error, not swapped",
                                 .diags = &l,
                                 .serves = "gen 5 still serves"};
    report_event(&event);
    diag_list_dispose(&l);
}

static void
a_save_is_one_stamped_line(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    report_event(&swap);
    struct report_event restart = {.verb = VERB_RESTART,
                                   .subject = "app.py",
                                   .text = "Python changed"};
    report_event(&restart);
    char *text = heard(&ear);
    CHECK_STR(text, "12:00:00  swap     scoring  total()     31ms  2/2 "
                    "workers  gen 5\n"
                    "12:00:00  restart  app.py   Python changed\n");
    free(text);
}

static void
a_failure_shows_the_place_and_what_serves(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_QUIET, COLOR_AUTO, NULL);
    report_event(&swap); /* held back by -q */
    report_setup("python", "CPython %s", "3.12.4");
    report_warning("also held back");
    say_broken();
    char *text = heard(&ear);
    CHECK_STR(text,
              "12:00:00  error    scoring  1 error, not swapped\n"
              "scoring.c:11:31: error: use of undeclared identifier 'sun'\n"
              "   11 |     return PyFloat_FromDouble(sun);\n"
              "      |                               ^~~\n"
              "      = help: did you mean 'sum'?\n"
              "gen 5 still serves\n");
    free(text);
}

/* An error, what follows from it, and a note to that. */
static void
say_consequences(enum report_level level)
{
    struct diag_list l = DIAG_LIST_INIT;
    diag_parse(&l,
               "a.c:1:1: error: e\n"
               "a.c:1:1: note: of e\n"
               "a.c:2:1: warning: w\n"
               "a.c:2:1: note: of w\n",
               "/p");
    struct report_event event = {.verb = VERB_ERROR,
                                 .subject = "a",
                                 .text = "1 error",
                                 .diags = &l};
    start(level, COLOR_AUTO, NULL);
    report_event(&event);
    diag_list_dispose(&l);
}

static void
warnings_beside_an_error_wait_for_verbose(void)
{
    struct ear ear;
    listen(&ear);
    say_consequences(REPORT_NORMAL);
    char *text = heard(&ear);
    CHECK_STR(text, "12:00:00  error    a        1 error\n"
                    "a.c:1:1: error: e\n"
                    "a.c:1:1: note: of e\n");
    free(text);
    listen(&ear);
    say_consequences(REPORT_VERBOSE);
    text = heard(&ear);
    CHECK_STR(text, "12:00:00  error    a        1 error\n"
                    "a.c:1:1: error: e\n"
                    "a.c:1:1: note: of e\n"
                    "a.c:2:1: warning: w\n"
                    "a.c:2:1: note: of w\n");
    free(text);
}

static void
notes_and_help_hang_below_their_line(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    struct report_event crash = {
        .verb = VERB_CRASHED,
        .subject = "scoring",
        .text = "SIGSEGV in total() at scoring.c:14, gen 6, worker 2",
        .note = "gen 6 will not be loaded again\nuntil its source changes",
        .help = "cowbird status",
        .serves = "gen 5 serves again in 2/2 workers (worker 2 restarted)"};
    report_event(&crash);
    char *text = heard(&ear);
    CHECK_STR(text,
              "12:00:00  crashed  scoring  SIGSEGV in total() at "
              "scoring.c:14, gen 6, worker 2\n"
              "      = note: gen 6 will not be loaded again\n"
              "              until its source changes\n"
              "      = help: cowbird status\n"
              "gen 5 serves again in 2/2 workers (worker 2 restarted)\n");
    free(text);
}

static void
repeats_are_counted_until_something_else_is_said(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    struct report_event same = {.verb = VERB_SAME,
                                .subject = "geo",
                                .text = "no change in content"};
    report_event(&same);
    report_event(&same);
    report_event(&same);
    report_setup("python", "again");
    report_event(&same);
    char *text = heard(&ear);
    CHECK_STR(text, "12:00:00  same     geo      no change in content\n"
                    "12:00:00  same     geo      no change in content (x2)\n"
                    "12:00:00  same     geo      no change in content (x3)\n"
                    "  python  again\n"
                    "12:00:00  same     geo      no change in content\n");
    free(text);
}

static void
a_long_subject_moves_the_column_for_those_after_it(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    struct report_event event = {
        .verb = VERB_SAME, .subject = "pkg._speedups", .text = "a"};
    report_event(&event);
    event.subject = "geo";
    report_event(&event);
    char *text = heard(&ear);
    CHECK_STR(text, "12:00:00  same     pkg._speedups  a\n"
                    "12:00:00  same     geo            a\n");
    free(text);
}

static void
setup_errors_health_and_warnings_have_their_columns(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    struct err e = ERR_INIT;
    err_set(&e, ERR_USAGE, "unknown option '--dve'");
    report_setup("cowbird 0.1.0", "ready in %dms", 214);
    report_setup("built", "scoring, geo");
    report_detail("phase", "only with -v");
    report_error(&e, "did you mean '--dev'?\nor not");
    report_error(&e, "");
    report_warning("%s is odd", "x");
    report_health(HEALTH_OK, "python", "CPython 3.12.4, headers found", NULL);
    report_health(HEALTH_WARN, "inotify", "limit 8192", "sysctl x=1");
    report_health(HEALTH_FAIL, "scoring", "single-phase init", NULL);
    char *text = heard(&ear);
    CHECK_STR(text, "  cowbird 0.1.0  ready in 214ms\n"
                    "  built   scoring, geo\n"
                    "error: unknown option '--dve'\n"
                    "  = help: did you mean '--dev'?\n"
                    "  = help: or not\n"
                    "error: unknown option '--dve'\n"
                    "warning: x is odd\n"
                    "  ok    python      CPython 3.12.4, headers found\n"
                    "  warn  inotify     limit 8192\n"
                    "        fix: sysctl x=1\n"
                    "  fail  scoring     single-phase init\n");
    free(text);
}

static void
verbose_says_details(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_VERBOSE, COLOR_AUTO, NULL);
    CHECK(report_is_verbose());
    report_detail("settle", "10ms");
    char *text = heard(&ear);
    CHECK_STR(text, "  settle  10ms\n");
    free(text);
}

static void
colour_is_added_and_never_the_meaning(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_ALWAYS, NULL);
    say_broken();
    char *text = heard(&ear);
    CHECK_STR(
        text,
        "\033[2m12:00:00\033[0m  \033[1;31merror  \033[0m  scoring  1 error, "
        "not swapped\n"
        "\033[1mscoring.c:11:31:\033[0m \033[1;31merror:\033[0m use of "
        "undeclared identifier 'sun'\n"
        "   11 |     return PyFloat_FromDouble(sun);\n"
        "      |                               \033[1;31m^~~\033[0m\n"
        "      \033[1;36m= help:\033[0m did you mean 'sum'?\n"
        "gen 5 still serves\n");
    free(text);
}

static void
the_environment_decides_where_nobody_is_a_terminal(void)
{
    struct ear ear;
    setenv("FORCE_COLOR", "1", 1);
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    report_warning("x");
    char *forced = heard(&ear);
    CHECK_STR(forced, "\033[1;33mwarning:\033[0m x\n");
    setenv("NO_COLOR", "1", 1);
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    report_warning("x");
    char *plain = heard(&ear);
    CHECK_STR(plain, "warning: x\n");
    unsetenv("FORCE_COLOR");
    unsetenv("NO_COLOR");
    free(forced);
    free(plain);
}

static void
ascii_is_enough_without_a_utf8_locale(void)
{
    struct ear ear;
    setenv("LC_ALL", "C", 1);
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    report_warning("it\xe2\x80\x99s 3 \xc2\xb5s \xe2\x86\x92 \xc3\xbc");
    char *text = heard(&ear);
    setenv("LC_ALL", "C.UTF-8", 1);
    CHECK_STR(text, "warning: it's 3 us -> ?\n");
    free(text);
}

static void
escapes_of_others_stay_out_of_the_terminal(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, NULL);
    struct report_event event = {.verb = VERB_ADDED,
                                 .subject = "a\033[2Jb\n",
                                 .text = "x\ry\xff"};
    report_event(&event);
    char *text = heard(&ear);
    CHECK_STR(text, "12:00:00  added    a?[2Jb?  x?y?\n");
    free(text);
}

static void
json_replaces_speech_with_the_same_facts(void)
{
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_ALWAYS, "-");
    struct list functions = LIST_INIT;
    list_add(&functions, "total");
    const struct report_field fields[] = {
        {.key = "module", .text = "scoring"},
        {.key = "took_ms", .number = 31.25},
        {.key = "generation", .number = 5},
        {.key = "functions", .items = &functions},
    };
    struct report_event event = swap;
    event.fields = fields;
    event.field_count = 4;
    event.serves = "gen 5";
    report_event(&event);
    report_setup("python", "CPython 3.12.4");
    report_warning("say \"x\"");
    char *text = heard(&ear);
    CHECK_STR(text,
              "{\"time\":\"12:00:00\",\"event\":\"swap\",\"subject\":"
              "\"scoring\",\"text\":\"total()     31ms  2/2 workers  gen "
              "5\",\"module\":\"scoring\",\"took_ms\":31.25,"
              "\"generation\":5,\"functions\":[\"total\"],\"serves\":\"gen "
              "5\"}\n"
              "{\"time\":\"12:00:00\",\"event\":\"setup\",\"subject\":"
              "\"python\",\"text\":\"CPython 3.12.4\"}\n"
              "{\"time\":\"12:00:00\",\"event\":\"warning\",\"text\":\"say "
              "\\\"x\\\"\"}\n");
    list_dispose(&functions);
    free(text);
}

static void
json_in_a_file_leaves_speech_alone(void)
{
    char *folder = folder_new();
    char *path = path_join(folder, "events");
    struct ear ear;
    listen(&ear);
    start(REPORT_NORMAL, COLOR_AUTO, path);
    report_warning("x");
    char *text = heard(&ear);
    struct buf events = BUF_INIT;
    CHECK_STR(text, "warning: x\n");
    CHECK(file_read(path, &events, NULL) == 0);
    CHECK_STR(buf_text(&events), "{\"time\":\"12:00:00\",\"event\":"
                                 "\"warning\",\"text\":\"x\"}\n");
    buf_dispose(&events);
    free(text);
    free(path);
    folder_free(folder);
}

static void
a_bad_place_for_json_is_refused(void)
{
    struct report_options o = {.json_path = "fd:x"};
    struct err e = ERR_INIT;
    CHECK(report_init(&o, &e) == -1 && e.code == ERR_USAGE);
    CHECK_STR(e.text, "--json=fd:x names no descriptor");
    o.json_path = "fd:999";
    CHECK(report_init(&o, &e) == -1);
    CHECK_STR(e.text, "--json=fd:999 is not open for writing");
    o.json_path = "/nowhere/at/all";
    CHECK(report_init(&o, &e) == -1);
    CHECK_STR(e.text, "--json=/nowhere/at/all cannot be written: No such "
                      "file or directory");
    report_dispose();
}

int
main(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    unsetenv("FORCE_COLOR");
    clock_stand_in(noon);
    RUN(a_save_is_one_stamped_line);
    RUN(a_failure_shows_the_place_and_what_serves);
    RUN(warnings_beside_an_error_wait_for_verbose);
    RUN(notes_and_help_hang_below_their_line);
    RUN(repeats_are_counted_until_something_else_is_said);
    RUN(a_long_subject_moves_the_column_for_those_after_it);
    RUN(setup_errors_health_and_warnings_have_their_columns);
    RUN(verbose_says_details);
    RUN(colour_is_added_and_never_the_meaning);
    RUN(the_environment_decides_where_nobody_is_a_terminal);
    RUN(ascii_is_enough_without_a_utf8_locale);
    RUN(escapes_of_others_stay_out_of_the_terminal);
    RUN(json_replaces_speech_with_the_same_facts);
    RUN(json_in_a_file_leaves_speech_alone);
    RUN(a_bad_place_for_json_is_refused);
    return 0;
}
