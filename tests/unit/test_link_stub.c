/* link_stub: a link without libraries asks for what a link in full does. */
#include "link_stub.h"

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "compile_job.h"
#include "folder.h"
#include "toolchain.h"

#define USES_TWO                                                              \
    "#include <math.h>\n#include <stdlib.h>\n"                                \
    "double f(double x) { free(calloc(1, 2)); return sqrt(x); }\n"
#define USES_ANOTHER                                                          \
    "#include <math.h>\n#include <string.h>\n"                                \
    "double f(double x) { return sqrt(x) + strlen(strdup(\"a\")); }\n"

static char *home;
static struct toolchain tools;

/* A save: a private folder with the object of `code`, and the linker's words
 * for it with `more` behind them. */
struct save {
    struct job job;
    struct list linker;
    struct link_stub stub;
    struct buf artefact;
};

static int
run(const struct list *words)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(words->items[0], words->items);
        _exit(127);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
cc(const char *source, const char *object)
{
    char *words[] = {"gcc", "-w", "-c", "-O1", "-fPIC", "-fno-builtin", "-o",
                     (char *)object, (char *)source};
    struct list argv = LIST_INIT;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        list_add(&argv, words[i]);
    }
    CHECK(run(&argv) == 0);
    list_dispose(&argv);
}

static void
save_begin(struct save *s, const char *name, const char *code,
           const char *const more[])
{
    *s = (struct save){.job = {.t = &tools}, .linker = LIST_INIT,
                       .artefact = BUF_INIT};
    s->job.folder = path_join(home, name);
    char *source = folder_write(s->job.folder, "hot.c", code);
    char *object = path_join(s->job.folder, "hot.o");
    cc(source, object);
    list_add(&s->job.sources, "/the/project/hot.c");
    s->job.artefact = path_join(s->job.folder, "hot.so");
    const char *const words[]
        = {"ld", "-shared", "-o", s->job.artefact, object};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        list_add(&s->linker, words[i]);
    }
    for (size_t i = 0; more[i] != NULL; i++) {
        list_add(&s->linker, more[i]);
    }
    free(source);
    free(object);
    link_stub_find(&s->stub, &s->job, &s->linker);
}

static void
save_link(struct save *s, const struct list *words)
{
    CHECK(run(words) == 0);
    buf_clear(&s->artefact);
    CHECK(file_read(s->job.artefact, &s->artefact, NULL) == 0);
}

static void
save_end(struct save *s)
{
    link_stub_dispose(&s->stub);
    list_dispose(&s->linker);
    list_dispose(&s->job.sources);
    buf_dispose(&s->artefact);
    free(s->job.artefact);
    CHECK(file_remove_tree(s->job.folder, NULL) == 0);
    free(s->job.folder);
}

/* A link in full, from which the next one learns: the module's first. */
static void
teach(const char *code, const char *const more[])
{
    struct save s;
    save_begin(&s, "taught", code, more);
    if (s.stub.words.count == 0) {
        save_link(&s, &s.linker);
        link_stub_learn(&s.stub, &s.job);
    }
    save_end(&s);
}

static const char *const MATHS[]
    = {"--as-needed", "-lm", "-lc", NULL};

static void
the_first_link_is_one_in_full(void)
{
    struct save s;
    save_begin(&s, "first", USES_TWO, MATHS);
    CHECK(s.stub.words.count == 0 && !s.stub.is_hopeless);
    save_end(&s);
}

/* The order of the symbols is the linker's own. */
static void
a_link_with_stubs_asks_for_the_same(void)
{
    struct save s;
    struct asks stubbed = ASKS_INIT;
    struct asks full = ASKS_INIT;
    teach(USES_TWO, MATHS);
    save_begin(&s, "second", USES_TWO, MATHS);
    CHECK(s.stub.words.count > 0 && !list_has(&s.stub.words, "-lc"));
    save_link(&s, &s.stub.words);
    CHECK(link_stub_suffices(&s.stub, &s.job));
    size_t size = s.artefact.len;
    CHECK(object_asks(s.job.artefact, &stubbed, NULL) == 0);
    save_link(&s, &s.linker);
    CHECK(object_asks(s.job.artefact, &full, NULL) == 0);
    CHECK(s.artefact.len == size && full.count == 3);
    CHECK(asks_cover(&full, &stubbed) && asks_cover(&stubbed, &full));
    char *needed = list_join(&full.needed, " ");
    CHECK_STR(needed, "libm.so.6 libc.so.6");
    free(needed);
    needed = list_join(&stubbed.needed, " ");
    CHECK_STR(needed, "libm.so.6 libc.so.6");
    free(needed);
    CHECK(full.items[0].version != NULL);
    asks_dispose(&stubbed);
    asks_dispose(&full);
    save_end(&s);
}

static void
code_that_asks_for_more_is_linked_in_full(void)
{
    struct save s;
    teach(USES_TWO, MATHS);
    save_begin(&s, "more", USES_ANOTHER, MATHS);
    save_link(&s, &s.stub.words);
    CHECK(!link_stub_suffices(&s.stub, &s.job));
    save_link(&s, &s.linker);
    link_stub_learn(&s.stub, &s.job);
    save_end(&s);
    save_begin(&s, "after", USES_ANOTHER, MATHS);
    save_link(&s, &s.stub.words);
    CHECK(link_stub_suffices(&s.stub, &s.job));
    save_end(&s);
}

/* An archive with g in it. */
static char *
make_archive(void)
{
    char *source = folder_write(home, "g.c", "int g(void) { return 7; }\n");
    char *object = path_join(home, "g.o");
    char *archive = path_join(home, "libg.a");
    cc(source, object);
    struct list argv = LIST_INIT;
    list_add(&argv, "ar");
    list_add(&argv, "rcs");
    list_add(&argv, archive);
    list_add(&argv, object);
    CHECK(run(&argv) == 0);
    list_dispose(&argv);
    free(source);
    free(object);
    return archive;
}

static void
what_comes_out_of_an_archive_is_linked_in_full(void)
{
    static const char *const code
        = "int g(void);\nint f(void) { return g(); }\n";
    char *archive = make_archive();
    const char *const words[] = {archive, "-lc", NULL};
    struct save s;
    teach(code, words);
    save_begin(&s, "archive", code, words);
    save_link(&s, &s.stub.words);
    CHECK(!link_stub_suffices(&s.stub, &s.job));
    save_link(&s, &s.linker);
    link_stub_learn(&s.stub, &s.job);
    save_end(&s);
    save_begin(&s, "known", code, words);
    CHECK(s.stub.is_hopeless && s.stub.words.count == 0);
    save_end(&s);
    free(archive);
}

static void
an_archive_that_is_taken_whole_is_never_left_out(void)
{
    char *archive = make_archive();
    const char *const words[]
        = {"--whole-archive", archive, "--no-whole-archive", "-lc", NULL};
    struct save s;
    teach(USES_TWO, words);
    save_begin(&s, "whole", USES_TWO, words);
    CHECK(s.stub.is_hopeless && s.stub.words.count == 0);
    save_end(&s);
    free(archive);
}

static void
a_library_that_changed_is_read_again(void)
{
    char *archive = make_archive();
    const char *const words[] = {archive, "-lc", NULL};
    struct save s;
    teach(USES_TWO, words);
    folder_put(home, "libg.a", "!<arch>\n");
    save_begin(&s, "changed", USES_TWO, words);
    CHECK(s.stub.words.count == 0 && !s.stub.is_hopeless);
    save_end(&s);
    free(archive);
}

int
main(void)
{
    home = folder_new();
    char *cache = path_join(home, "cache");
    setenv("COWBIRD_CACHE_DIR", cache, 1);
    RUN(the_first_link_is_one_in_full);
    RUN(a_link_with_stubs_asks_for_the_same);
    RUN(code_that_asks_for_more_is_linked_in_full);
    RUN(what_comes_out_of_an_archive_is_linked_in_full);
    RUN(an_archive_that_is_taken_whole_is_never_left_out);
    RUN(a_library_that_changed_is_read_again);
    free(cache);
    folder_free(home);
    return 0;
}
