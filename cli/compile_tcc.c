/* compile_tcc: a module through libtcc; compile_job.h's compile_tcc_run.
 *
 * libtcc runs in a process of its own below the compile's child: it may
 * crash, hang or leak, and cc still gets its turn. Never used by the bench
 * itself.
 */
#include "compile_tcc.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "compile_job.h"
#include "file.h"
#include "libtcc_api.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "tool.h"
#include "toolchain.h"

#define TCC_MS 10000

int
tcc_api_load(struct tcc_api *api, const char *library)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    const struct {
        const char *name;
        void *place;
    } functions[] = {
        {"tcc_new", &api->create},
        {"tcc_set_lib_path", &api->set_lib_path},
        {"tcc_set_error_func", &api->set_error_func},
        {"tcc_set_options", &api->set_options},
        {"tcc_set_output_type", &api->set_output_type},
        {"tcc_add_include_path", &api->add_include_path},
        {"tcc_add_sysinclude_path", &api->add_sysinclude_path},
        {"tcc_define_symbol", &api->define_symbol},
        {"tcc_undefine_symbol", &api->undefine_symbol},
        {"tcc_compile_string", &api->compile_string},
        {"tcc_add_file", &api->add_file},
        {"tcc_add_library_path", &api->add_library_path},
        {"tcc_add_library", &api->add_library},
        {"tcc_output_file", &api->output_file},
        {"tcc_relocate", &api->relocate},
        {"tcc_get_symbol", &api->get_symbol},
    };
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *f = handle == NULL ? NULL : dlsym(handle, functions[i].name);
        if (f == NULL) {
            return -1;
        }
        memcpy(functions[i].place, &f, sizeof(f));
    }
    return 0;
}

/* Flags that change nothing tcc's output has to honour. */
static bool
is_without_effect(const char *flag)
{
    static const char *const whole[]
        = {"-fPIC", "-fpic", "-fwrapv", "-fno-strict-aliasing",
           "-fno-plt", "-fno-semantic-interposition", "-pipe", "-pedantic",
           "-funroll-loops", "-fomit-frame-pointer",
           "-fno-omit-frame-pointer", "-ffast-math", "-fno-math-errno",
           NULL};
    static const char *const starts[]
        = {"-O", "-g", "-std=", "-march=", "-mtune=", "-fvisibility=",
           "-fstack-protector", "-fstack-clash-protection",
           "-fcf-protection", "-fdiagnostics-", "-ffile-prefix-map=",
           "-fdebug-prefix-map=", "-fmacro-prefix-map=", NULL};
    if (flag[0] == '-' && flag[1] == 'W') {
        return strncmp(flag, "-Wl,", 4) != 0 && strncmp(flag, "-Wp,", 4) != 0
               && strncmp(flag, "-Wa,", 4) != 0;
    }
    for (size_t i = 0; whole[i] != NULL; i++) {
        if (strcmp(flag, whole[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; starts[i] != NULL; i++) {
        if (strncmp(flag, starts[i], strlen(starts[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* -DX=1 and -D X=1 alike: the letter, then the value. */
static bool
take_define(const struct tcc_api *api, TCCState *s, char letter,
            const char *value)
{
    char *name = mem_copy_str(value);
    char *equals = strchr(name, '=');
    if (equals != NULL) {
        *equals = '\0';
    }
    if (letter == 'D') {
        api->define_symbol(s, name, equals == NULL ? "1" : equals + 1);
    }
    else {
        api->undefine_symbol(s, name);
    }
    free(name);
    return true;
}

static bool
take_flag(const struct tcc_api *api, TCCState *s, char letter,
          const char *value)
{
    switch (letter) {
    case 'I':
        return api->add_include_path(s, value) == 0;
    case 'D':
    case 'U':
        return take_define(api, s, letter, value);
    case 'L':
        return api->add_library_path(s, value) == 0;
    case 'l':
        return api->add_library(s, value) == 0;
    default:
        return false;
    }
}

/* False at the first flag that tcc does not know; it is written to `bad`. */
static bool
take_flags(const struct tcc_api *api, TCCState *s, const struct list *flags,
           const char *letters, FILE *bad)
{
    for (size_t i = 0; i < flags->count; i++) {
        const char *flag = flags->items[i];
        if (is_without_effect(flag)) {
            continue;
        }
        char letter = flag[0] == '-' ? flag[1] : '\0';
        bool is_known = letter != '\0' && strchr(letters, letter) != NULL;
        const char *value = flag + 2;
        if (is_known && *value == '\0') {
            i++;
            is_known = i < flags->count;
            value = is_known ? flags->items[i] : "";
        }
        if (!is_known || !take_flag(api, s, letter, value)) {
            fprintf(bad, "%s is for cc\n", flag);
            return false;
        }
    }
    return true;
}

/* glibc's sys/cdefs.h before 2.37 defines __attribute__ away for compilers
 * it does not know, and packed structs get another size than with gcc. A
 * header of its name, first on the path, takes that back right where it
 * happened; so what a source defines before its first #include still decides
 * what libc declares. */
static char *
make_shim(void)
{
    static const char text[] = "#include_next <sys/cdefs.h>\n"
                               "#undef __attribute__\n";
    char *dir = cache_subdir("tcc-1/sys", NULL);
    char *path = dir == NULL ? NULL : path_join(dir, "cdefs.h");
    char *root = NULL;
    if (path != NULL
        && (path_is_file(path)
            || file_write(path, text, sizeof(text) - 1, NULL) == 0))
    {
        root = path_dir(dir);
    }
    free(path);
    free(dir);
    return root;
}

static void
add_system_paths(const struct job *j, const struct tcc *t,
                 const struct tcc_api *api, TCCState *s)
{
    char *shim = make_shim();
    char *own = path_join(t->lib_dir, "include");
    if (shim != NULL) {
        api->add_sysinclude_path(s, shim);
    }
    if (j->plain_include != NULL) {
        api->add_sysinclude_path(s, j->plain_include);
    }
    api->add_sysinclude_path(s, j->p->include);
    if (j->p->platinclude != NULL
        && strcmp(j->p->platinclude, j->p->include) != 0)
    {
        api->add_sysinclude_path(s, j->p->platinclude);
    }
    api->add_sysinclude_path(s, own);
    for (size_t i = 0; i < j->t->system_dirs.count; i++) {
        const char *dir = j->t->system_dirs.items[i];
        /* gcc's and clang's own headers are full of their builtins; tcc has
         * its own set. */
        if (strstr(dir, "/gcc/") == NULL && strstr(dir, "/clang/") == NULL)
        {
            api->add_sysinclude_path(s, dir);
        }
    }
    static const char *const usual[]
        = {"/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu",
           "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
           "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"};
    for (size_t i = 0; i < 9; i++) {
        if (i < 2) {
            if (j->t->cc.count == 0) {
                api->add_sysinclude_path(s, usual[i]);
            }
        }
        else {
            api->add_library_path(s, usual[i]);
        }
    }
    free(own);
    free(shim);
}

static void
say(void *data, const char *text)
{
    fprintf(data, "%s\n", text);
}

static bool
build(const struct job *j, const struct tcc *t, FILE *words)
{
    struct tcc_api api;
    TCCState *s = tcc_api_load(&api, t->library) < 0 ? NULL : api.create();
    if (s == NULL) {
        fprintf(words, "%s cannot be loaded\n", t->library);
        return false;
    }
    api.set_error_func(s, words, say);
    api.set_lib_path(s, t->lib_dir);
    /* libtcc's own alignment of 2 MB leaves holes between the segments, and
     * a hole is one more mapping for the app to carry. */
    char *options = mem_format("-nostdlib -nostdinc -gdwarf -Wl,-Bsymbolic "
                               "-Wl,-section-alignment=0x%lx -vv",
                               (unsigned long)sysconf(_SC_PAGESIZE));
    api.set_options(s, options);
    free(options);
    api.set_output_type(s, t->shared_type);
    for (size_t i = 0; i < j->includes.count; i++) {
        api.add_include_path(s, j->includes.items[i]);
    }
    /* Python 3.13's headers choose no atomics for a compiler they do not
     * know. */
    api.define_symbol(s, "_Py_USE_GCC_BUILTIN_ATOMICS", "1");
    const struct toolchain *tc = j->t;
    if (!take_flags(&api, s, &tc->cppflags, "DUI", words)
        || !take_flags(&api, s, &tc->cflags, "DUI", words)
        || !take_flags(&api, s, &j->flags, "DUI", words))
    {
        return false;
    }
    add_system_paths(j, t, &api, s);
    for (size_t i = 0; i < j->sources.count; i++) {
        if (api.add_file(s, j->sources.items[i]) < 0) {
            return false;
        }
    }
    char *support = path_join(t->lib_dir, "libtcc1.a");
    bool is_good = take_flags(&api, s, &tc->ldflags, "Ll", words)
                   && take_flags(&api, s, &j->link, "Ll", words)
                   && api.add_file(s, support) == 0
                   && api.output_file(s, j->artefact) == 0;
    free(support);
    return is_good;
}

/* The process that libtcc runs in: what it reads goes to one file, what it
 * says to another. */
static void
work(const struct job *j, const struct tcc *t, const char *read_path,
     const char *words_path)
{
    int fd = open(read_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *words = fopen(words_path, "we");
    if (fd < 0 || words == NULL || dup2(fd, STDOUT_FILENO) < 0) {
        _exit(2);
    }
    bool is_good = build(j, t, words);
    fclose(words);
    fflush(NULL); /* libtcc lists what it reads through stdio */
    _exit(is_good ? 0 : 1);
}

/* "-> path" lines; the arrows are indented by depth. */
static void
take_listing(const char *path, struct list *files)
{
    struct buf text = BUF_INIT;
    if (file_read(path, &text, NULL) == 0) {
        const char *at = buf_text(&text);
        while (*at != '\0') {
            size_t len = strcspn(at, "\n");
            if (strncmp(at, "->", 2) == 0) {
                size_t blank = 2 + strspn(at + 2, " ");
                char *file = mem_copy_range(at + blank, len - blank);
                list_add_new(files, file);
                free(file);
            }
            at += len + (at[len] == '\n');
        }
    }
    buf_dispose(&text);
}

static char *
first_words(const struct record *r, const char *words, const char *reason)
{
    const struct diag *d = diag_first_error(&r->diags);
    if (d != NULL && d->line > 0) {
        return mem_format("tcc: %s", d->message);
    }
    size_t len = strcspn(words, "\n");
    return len > 0 ? mem_format("tcc: %.*s", (int)len, words)
                   : mem_format("tcc: %s", reason);
}

/* A function that is used without a declaration returns int for tcc: a
 * pointer cut in half. cc refuses that, so it decides. */
static const char *
find_undeclared(const struct diag_list *diags)
{
    static const char words[] = "implicit declaration of function";
    for (size_t i = 0; i < diags->count; i++) {
        if (strstr(diags->items[i].message, words) != NULL) {
            return diags->items[i].message;
        }
    }
    return NULL;
}

/* True when the artefact can really be loaded. */
static bool
finish(const struct job *j, struct record *r, char **why)
{
    struct err e = ERR_INIT;
    const char *undeclared = find_undeclared(&r->diags);
    if (undeclared != NULL && j->t->cc.count > 0) {
        *why = mem_format("tcc: %s", undeclared);
        return false;
    }
    if (object_forbid_executable_stack(j->artefact, &e) < 0) {
        *why = mem_format("tcc: %s", e.text);
        return false;
    }
    struct diag_list missing = DIAG_LIST_INIT;
    if (compile_check_symbols(j, &missing) > 0) {
        *why = mem_format("tcc: %s", missing.items[0].message);
        diag_copy_all(&r->diags, &missing);
    }
    diag_list_dispose(&missing);
    return *why == NULL;
}

bool
compile_tcc_run(const struct job *j, struct record *r, char **why)
{
    const struct tcc *t = toolchain_tcc(j->t, j->p);
    *why = NULL;
    if (j->is_cxx) {
        *why = mem_copy_str("tcc: C++");
        return false;
    }
    char *read_path = path_join(j->folder, "tcc.read");
    char *words_path = path_join(j->folder, "tcc.words");
    struct buf words = BUF_INIT;
    struct forked f;
    struct tool_result result = TOOL_RESULT_INIT;
    if (tool_fork(&f, NULL) < 0) {
        *why = mem_copy_str("tcc: no process to run it in");
        goto done;
    }
    if (f.pid == 0) {
        work(j, t, read_path, words_path);
    }
    bool is_good = tool_wait(&f, TCC_MS, &result) == 0;
    take_listing(read_path, &r->files);
    file_read(words_path, &words, NULL);
    diag_parse_result(&r->diags, buf_text(&words), "/", is_good);
    if (is_good && finish(j, r, why)) {
        r->compiler = mem_copy_str("tcc");
    }
    else if (*why == NULL) {
        char *reason = tool_reason(&result);
        *why = first_words(r, result.status == 1 ? buf_text(&words) : "",
                           reason);
        free(reason);
    }
    r->is_good = *why == NULL;
done:
    unlink(read_path);
    unlink(words_path);
    tool_result_dispose(&result);
    buf_dispose(&words);
    free(read_path);
    free(words_path);
    return *why == NULL;
}
