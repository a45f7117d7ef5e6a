/* driver: see driver.h. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "tool.h"
#include "toolchain.h"

#define ASK_MS 10000
/* Stands for the folder in what is kept. */
#define FOLDER "\001"

/* Flags by which a driver does more than to run one step after the other, or
 * writes more files than it is told to. */
static const char *const manifold[]
    = {"-flto",        "-fuse-ld",    "-fuse-linker-plugin",
       "--ld-path",    "-static",     "-fsanitize",
       "--coverage",   "-coverage",   "-fprofile",
       "-ftest-coverage", "-pg",      "-specs",
       "--specs",      "-wrapper",    "-B",
       "@",            "-fplugin",    "-save-temps",
       "--save-temps", "-fdump",      "-gsplit-dwarf",
       "-fstack-usage", "-fcallgraph-info", "-x",
       "-E",           "-S",          "-M",
       "-no-integrated-cpp", "-fopenmp", "-fopenacc",
       "-foffload",    "-include-pch", "-fmodules",
       "-Xclang",      "-fpch",       "-Wl,-plugin",
       "-time",        "-ftime-trace", "-emit-llvm", NULL};

static bool
is_manifold(const char *word)
{
    for (size_t i = 0; manifold[i] != NULL; i++) {
        if (strncmp(word, manifold[i], strlen(manifold[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Our own -MD and -MF stand beside the output, whose place is known. */
static bool
is_simple(const struct list *argv)
{
    for (size_t i = 1; i < argv->count; i++) {
        const char *word = argv->items[i];
        bool is_ours = strcmp(word, "-MD") == 0 || strcmp(word, "-MF") == 0;
        if (strchr(word, '\n') != NULL || strchr(word, FOLDER[0]) != NULL
            || (!is_ours && is_manifold(word)))
        {
            return false;
        }
    }
    return true;
}

static char *
replace(const char *word, const char *what, const char *with)
{
    const char *at = what[0] == '\0' ? NULL : strstr(word, what);
    return at == NULL ? mem_copy_str(word)
                      : mem_format("%.*s%s%s", (int)(at - word), word, with,
                                   at + strlen(what));
}

static void
set_word(struct list *words, size_t at, const char *text)
{
    free(words->items[at]);
    words->items[at] = mem_copy_str(text);
}

/* collect2 is there for systems whose linker does not know constructors
 * (gcc/collect2.cc); where it does, it passes on what it gets. */
static void
name_linker(const struct toolchain *t, struct list *linker)
{
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = ASK_MS, .has_no_group = true};
    list_add_all(&argv, &t->cc);
    list_add(&argv, "-print-prog-name=ld");
    bool is_good = tool_run(&argv, &o, &r, NULL) == 0 && r.status == 0;
    char *line = mem_copy_range(buf_text(&r.out),
                                strcspn(buf_text(&r.out), "\n"));
    char *found = is_good ? path_which(line) : NULL;
    if (found != NULL) {
        set_word(linker, 0, found);
    }
    free(line);
    free(found);
    tool_result_dispose(&r);
    list_dispose(&argv);
}

/* A word a line, an empty line after each command. */
static void
add_command(struct buf *out, const struct list *words, const char *folder)
{
    for (size_t i = 0; i < words->count; i++) {
        char *word = replace(words->items[i], folder, FOLDER);
        buf_add_fmt(out, "%s\n", word);
        free(word);
    }
    buf_add_str(out, "\n");
}

/* The commands among what -### says: lines that begin with a blank. */
static void
read_answer(const struct toolchain *t, const char *text, const char *folder,
            struct buf *out)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        char *line = mem_copy_range(text, len);
        struct list words = LIST_INIT;
        if (line[0] == ' ' && line[1] != '(' && list_split(&words, line) == 0)
        {
            if (words.count > 0
                && strcmp(path_base(words.items[0]), "collect2") == 0)
            {
                name_linker(t, &words);
            }
            add_command(out, &words, folder);
        }
        list_dispose(&words);
        free(line);
        text += len + (text[len] == '\n');
    }
}

static void
ask(const struct toolchain *t, const struct list *argv, const char *folder,
    struct buf *out)
{
    struct list words = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = ASK_MS, .has_no_group = true,
                             .is_merged = true, .is_plain = true};
    list_add_all(&words, argv);
    list_add(&words, "-###");
    if (tool_run(&words, &o, &r, NULL) == 0 && r.status == 0) {
        read_answer(t, buf_text(&r.out), folder, out);
    }
    tool_result_dispose(&r);
    list_dispose(&words);
}

static char *
name_of(const struct toolchain *t, const struct list *argv,
        const char *folder)
{
    struct digest_state s;
    char text[DIGEST_TEXT];
    char *cwd = getcwd(NULL, 0); /* flags may hold relative paths */
    digest_start(&s);
    digest_add_str(&s, "driver 1");
    digest_add_str(&s, cwd);
    toolchain_add_cc(t, &s);
    for (size_t i = 0; i < argv->count; i++) {
        char *word = replace(argv->items[i], folder, FOLDER);
        digest_add_str(&s, word);
        free(word);
    }
    struct digest d = digest_end(&s);
    digest_text(&d, text);
    free(cwd);
    return mem_copy_str(text);
}

/* Lines of add_command back into `commands`, at most `most` of them; the
 * number there are. */
static size_t
split_commands(const char *text, const char *folder, struct list *commands,
               size_t most)
{
    size_t count = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        if (len == 0) {
            count++;
        }
        else if (count < most) {
            char *line = mem_copy_range(text, len);
            list_add_taken(&commands[count], replace(line, FOLDER, folder));
            free(line);
        }
        text += len + (text[len] == '\n');
    }
    return count;
}

/* What the command runs, from memory or by asking. The number of commands; 0
 * where that is not known. */
static size_t
learn(const struct toolchain *t, const struct list *argv, const char *folder,
      bool asks, struct list commands[2])
{
    struct buf text = BUF_INIT;
    char *place = NULL;
    if (!t->is_direct || !is_simple(argv)) {
        return 0;
    }
    char *name = name_of(t, argv, folder);
    char *known = toolchain_remember(name, &place);
    if (known != NULL) {
        buf_add_str(&text, known);
    }
    else if (asks) {
        ask(t, argv, folder, &text);
        if (place != NULL && text.len > 0) {
            file_write(place, text.data, text.len, NULL);
        }
    }
    size_t count = split_commands(buf_text(&text), folder, commands, 2);
    buf_dispose(&text);
    free(known);
    free(place);
    free(name);
    return count;
}

/* -- compile -------------------------------------------------------------- */

static size_t
find_output(const struct list *words)
{
    for (size_t i = 1; i + 1 < words->count; i++) {
        if (strcmp(words->items[i], "-o") == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* gcc: cc1 writes a file of its own choice, which the assembler reads. */
static bool
join_by_pipe(struct driver_steps *s, size_t output)
{
    const char *between = s->compile.items[output];
    size_t input = s->assemble.count;
    while (input-- > 1
           && strcmp(s->assemble.items[input], between) != 0)
    {
    }
    if (input < 1 || input >= s->assemble.count) {
        return false;
    }
    list_remove_at(&s->assemble, input);
    s->object = find_output(&s->assemble);
    return s->object > 0;
}

bool
driver_compile(const struct toolchain *t, struct list *argv,
               struct driver_steps *steps)
{
    struct list commands[2] = {LIST_INIT, LIST_INIT};
    size_t count = learn(t, argv, "", true, commands);
    *steps = (struct driver_steps){commands[0], commands[1], 0};
    const struct list *c = &steps->compile;
    bool is_clang = c->count > 1 && strcmp(c->items[1], "-cc1") == 0;
    bool is_cc1 = c->count > 1 && strcmp(path_base(c->items[0]), "cc1") == 0;
    size_t output = find_output(c);
    bool is_good = output > 0
                   && ((is_clang && count == 1)
                       || (is_cc1 && count == 2
                           && join_by_pipe(steps, output)));
    if (is_good) {
        set_word(&steps->compile, output, "-");
    }
    else {
        driver_steps_dispose(steps);
    }
    return is_good;
}

void
driver_steps_dispose(struct driver_steps *steps)
{
    list_dispose(&steps->compile);
    list_dispose(&steps->assemble);
    *steps = (struct driver_steps)DRIVER_STEPS_INIT;
}

/* -- link ----------------------------------------------------------------- */

/* The plugin is for objects with gcc's own code in them. */
static void
drop_plugin(struct list *words)
{
    for (size_t i = words->count; i-- > 1;) {
        const char *word = words->items[i];
        if (strncmp(word, "-plugin-opt=", 12) == 0) {
            list_remove_at(words, i);
        }
        else if (strcmp(word, "-plugin") == 0) {
            list_remove_at(words, i + 1);
            list_remove_at(words, i);
        }
    }
}

bool
driver_link(const struct toolchain *t, struct list *argv, const char *folder,
            bool asks, struct list *linker)
{
    struct list commands[2] = {LIST_INIT, LIST_INIT};
    size_t count = learn(t, argv, folder, asks, commands);
    const char *base = count != 1 || commands[0].count == 0
                           ? ""
                           : path_base(commands[0].items[0]);
    bool is_good = strcmp(base, "ld") == 0 || strncmp(base, "ld.", 3) == 0;
    if (is_good) {
        drop_plugin(&commands[0]);
        *linker = commands[0];
        commands[0] = (struct list)LIST_INIT;
    }
    list_dispose(&commands[0]);
    list_dispose(&commands[1]);
    return is_good;
}
