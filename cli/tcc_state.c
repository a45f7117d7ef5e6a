/* tcc_state: see tcc_state.h. */
#include "tcc_state.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binding_file.h"
#include "cache.h"
#include "compile_job.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "toolchain.h"

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
    void *f = dlsym(handle, "tcc_set_realloc");
    memcpy(&api->set_realloc, &f, sizeof(f));
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

/* False at the first flag that tcc does not know; the words name it. */
static bool
take_flags(struct tcc_state *w, const struct list *flags,
           const char *letters)
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
        if (!is_known || !take_flag(&w->api, w->s, letter, value)) {
            buf_add_fmt(&w->words, "%s is for cc\n", flag);
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
char *
tcc_state_shim(void)
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
                 const struct tcc_state *w)
{
    const struct tcc_api *api = &w->api;
    TCCState *s = w->s;
    char *shim = tcc_state_shim();
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
    struct tcc_state *w = data;
    if (w->hook != NULL && strstr(text, w->mark) != NULL) {
        void (*hook)(void *) = w->hook;
        w->hook = NULL;
        hook(w->data);
        return;
    }
    buf_add_fmt(&w->words, "%s\n", text);
}

bool
tcc_state_may_be_silent(const char *binding)
{
    return strstr(binding, "struct cb_s_") == NULL;
}

static void
set_debug(const struct tcc_state *w, bool is)
{
    w->api.set_options(w->s, is ? "-gdwarf" : "-g0");
}

bool
tcc_state_open(struct tcc_state *w, const struct job *j, const struct tcc *t)
{
    w->s = tcc_api_load(&w->api, t->library) < 0 ? NULL : w->api.create();
    if (w->s == NULL) {
        buf_add_fmt(&w->words, "%s cannot be loaded\n", t->library);
        return false;
    }
    const struct tcc_api *api = &w->api;
    api->set_error_func(w->s, w, say);
    api->set_lib_path(w->s, t->lib_dir);
    /* libtcc's own alignment of 2 MB leaves holes between the segments, and
     * a hole is one more mapping for the app to carry. */
    char *options = mem_format("-nostdlib -nostdinc -Wl,-Bsymbolic "
                               "-Wl,-section-alignment=0x%lx -vv",
                               (unsigned long)sysconf(_SC_PAGESIZE));
    api->set_options(w->s, options);
    free(options);
    set_debug(w, !w->is_silent); /* before the type: its sections */
    /* of the two numbers the other one is an object's */
    api->set_output_type(w->s, w->is_object ? TCC_TYPES - t->shared_type
                                            : t->shared_type);
    for (size_t i = 0; i < j->includes.count; i++) {
        api->add_include_path(w->s, j->includes.items[i]);
    }
    /* Python 3.13's headers choose no atomics for a compiler they do not
     * know. */
    api->define_symbol(w->s, "_Py_USE_GCC_BUILTIN_ATOMICS", "1");
    /* Python 3.15's want a word for thread-local variables and have none
     * (Include/pyport.h). Where it is used tcc says that it is unknown. */
    api->define_symbol(w->s, "thread_local", "_Thread_local");
    api->define_symbol(w->s, "CB_IS_HOT", "1");
    const struct toolchain *tc = j->t;
    if (!take_flags(w, &tc->cppflags, "DUI")
        || !take_flags(w, &tc->cflags, "DUI")
        || !take_flags(w, &j->flags, "DUI"))
    {
        return false;
    }
    add_system_paths(j, t, w);
    return true;
}

static void *
only_grow(void *old, unsigned long size)
{
    void *found = size == 0 ? NULL : realloc(old, size);
    if (size > 0 && found == NULL) {
        _exit(1);
    }
    return found;
}

void
tcc_state_free_nothing(const struct tcc_state *w)
{
    if (w->api.set_realloc != NULL) {
        w->api.set_realloc(only_grow);
    }
}

static bool
is_silent_binding(const char *path)
{
    struct buf text = BUF_INIT;
    bool is = binding_file_is(path) && file_read(path, &text, NULL) == 0
              && tcc_state_may_be_silent(buf_text(&text));
    buf_dispose(&text);
    return is;
}

bool
tcc_state_add(const struct tcc_state *w, const char *path)
{
    bool is_silent = is_silent_binding(path);
    if (is_silent) {
        set_debug(w, false);
    }
    bool is_good = w->api.add_file(w->s, path) == 0;
    if (is_silent) {
        set_debug(w, true);
    }
    return is_good;
}

bool
tcc_state_add_c(const struct tcc_state *w, const char *path)
{
    w->api.set_options(w->s, "-x c");
    bool is_good = tcc_state_add(w, path);
    w->api.set_options(w->s, "-x none");
    return is_good;
}

bool
tcc_state_write(const struct tcc_state *w, const char *path)
{
    return w->api.output_file(w->s, path) == 0;
}

bool
tcc_state_link(struct tcc_state *w, const struct job *j, const struct tcc *t)
{
    char *support = path_join(t->lib_dir, "libtcc1.a");
    bool is_good = take_flags(w, &j->t->ldflags, "Ll")
                   && take_flags(w, &j->link, "Ll")
                   && tcc_state_add(w, support)
                   && w->api.output_file(w->s, j->artefact) == 0;
    free(support);
    return is_good;
}
