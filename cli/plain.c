/* plain: see plain.h. */
#include "plain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bindgen.h"
#include "clang.h"
#include "csource.h"
#include "file.h"
#include "guest.h"
#include "handle.h"
#include "mem.h"
#include "path.h"
#include "pyi.h"
#include "scan.h"
#include "toolchain.h"

static char *
in_runtime(const char *name, struct err *e)
{
    const char *package = guest_package(e);
    return package == NULL ? NULL
                           : mem_format("%s/runtime/%s", package, name);
}

char *
plain_include(struct err *e)
{
    return in_runtime("include", e);
}

static const char *const headers[]
    = {"cowbird.h",         "cowbird_binding.h", "cowbird_raising.h",
       "cowbird_numbers.h", "cowbird_buffers.h", "cowbird_memory.h",
       "cowbird_complex.h", "cowbird_handles.h", "cowbird_enums.h",
       "cowbird_structs.h", "cowbird_classes.h", "cowbird_arrays.h",
       "cowbird_formats.h", "cowbird_callbacks.h", "cowbird_async.h",
       NULL};

/* Which files they are, without a look inside. */
static struct digest
headers_facts(const char *include)
{
    struct digest_state s;
    digest_start(&s);
    for (size_t i = 0; headers[i] != NULL; i++) {
        char *path = path_join(include, headers[i]);
        toolchain_add_file(&s, path);
        free(path);
    }
    return digest_end(&s);
}

/* Their contents; read again when they are other files. Every save asks. */
static struct digest
headers_content(const char *include)
{
    static struct {
        struct digest facts, content;
        bool is_known;
    } memory;
    struct digest facts = headers_facts(include);
    if (memory.is_known && digest_equal(&facts, &memory.facts)) {
        return memory.content;
    }
    struct digest_state s;
    digest_start(&s);
    for (size_t i = 0; headers[i] != NULL; i++) {
        struct digest d = {{0}};
        char *path = path_join(include, headers[i]);
        digest_file(path, &d, NULL);
        digest_add(&s, &d, sizeof(d));
        free(path);
    }
    memory.facts = facts;
    memory.content = digest_end(&s);
    memory.is_known = true;
    return memory.content;
}

void
plain_add_identity(struct digest_state *s, const struct python *p)
{
    char *include = plain_include(NULL);
    char *library = clang_find(p, NULL);
    struct stat st = {0};
    digest_add_str(s, "plain " BINDGEN_VERSION " " PYI_VERSION);
    if (include != NULL) {
        struct digest d = headers_content(include);
        digest_add(s, &d, sizeof(d));
    }
    digest_add_str(s, library);
    if (library != NULL && stat(library, &st) == 0) {
        int64_t facts[3] = {(int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
                            (int64_t)st.st_mtim.tv_nsec};
        digest_add(s, facts, sizeof(facts));
    }
    free(library);
    free(include);
}

bool
plain_is_source(const char *path)
{
    struct buf text = BUF_INIT;
    struct csource c;
    bool is_one = false;
    const char *suffix = path_suffix(path);
    if (strcmp(suffix, ".c") == 0 && file_read(path, &text, NULL) == 0) {
        csource_read(&c, buf_text(&text), text.len, NULL);
        is_one = c.cowbird_line > 0;
        csource_dispose(&c);
    }
    buf_dispose(&text);
    return is_one;
}

/* Only what changes declarations: gcc has flags that libclang does not
 * take. */
static void
pick_flags(struct list *to, const struct list *flags)
{
    static const char *const pairs[] = {"-D", "-U", "-I", "-isystem",
                                        "-include", "-iquote", "-idirafter",
                                        NULL};
    for (size_t i = 0; i < flags->count; i++) {
        const char *flag = flags->items[i];
        for (size_t k = 0; pairs[k] != NULL; k++) {
            size_t len = strlen(pairs[k]);
            if (strncmp(flag, pairs[k], len) != 0) {
                continue;
            }
            list_add(to, flag);
            if (flag[len] == '\0' && i + 1 < flags->count) {
                list_add(to, flags->items[++i]);
            }
            break;
        }
        if (strncmp(flag, "-std=", 5) == 0) {
            list_add(to, flag);
        }
    }
}

int
plain_scan_options(struct scan_options *to, const struct plain_options *o,
                   struct err *e)
{
    to->own_headers = in_runtime("scan", e);
    to->include = plain_include(e);
    if (to->own_headers == NULL || to->include == NULL) {
        return -1;
    }
    pick_flags(&to->flags, o->flags);
    if (o->std != NULL) {
        list_add_fmt(&to->flags, "-std=%s", o->std);
    }
    for (size_t i = 0; i < o->includes->count; i++) {
        list_add_fmt(&to->flags, "-I%s", o->includes->items[i]);
    }
    if (o->python != NULL && o->python->include != NULL) {
        list_add_fmt(&to->flags, "-isystem%s", o->python->include);
    }
    list_add_all(&to->system_dirs, o->system_dirs);
    if (o->system_dirs->count == 0) {
        /* no cc to ask */
        list_add(&to->system_dirs, "/usr/local/include");
        list_add(&to->system_dirs, "/usr/include/x86_64-linux-gnu");
        list_add(&to->system_dirs, "/usr/include/aarch64-linux-gnu");
        list_add(&to->system_dirs, "/usr/include");
    }
    return 0;
}

static int
find_clang(struct clang *c, struct scan_options *options,
           const struct plain_options *o, struct err *e)
{
    char *library = clang_find(o->python, e);
    int status = library == NULL || clang_load(c, library, e) < 0
                         || plain_scan_options(options, o, e) < 0
                     ? -1
                     : 0;
    free(library);
    return status;
}

/* What the surfaces say, as C and as a stub. */
static int
write_binding(const struct plain_options *o, struct surface *surfaces,
              size_t count, struct plain_binding *to)
{
    handle_find(surfaces, count);
    int status = bindgen_write(surfaces, count, o->name, to->text, to->diags)
                 < 0;
    diag_merge(to->diags);
    if (status == 0 && to->stub != NULL) {
        pyi_add_mark(to->stub, o->sources);
        pyi_write(to->stub, surfaces, count);
    }
    return status;
}

int
plain_bind(const struct plain_options *o, struct buf *out, struct buf *stub,
           struct diag_list *diags, struct err *e)
{
    struct clang c = {.library = NULL};
    struct scan_options options = SCAN_OPTIONS_INIT;
    struct surface *surfaces = mem_new((o->sources->count + 1)
                                       * sizeof(*surfaces));
    struct plain_binding to = {out, stub, diags};
    size_t count = 0;
    int status = find_clang(&c, &options, o, e);
    for (size_t i = 0; status == 0 && i < o->sources->count; i++) {
        const char *path = o->sources->items[i];
        if (plain_is_source(path)) {
            status = scan_read(&surfaces[count++], &c, path, &options, e);
        }
    }
    if (status == 0) {
        status = write_binding(o, surfaces, count, &to);
    }
    for (size_t i = 0; i < count; i++) {
        surface_dispose(&surfaces[i]);
    }
    free(surfaces);
    scan_options_dispose(&options);
    clang_dispose(&c);
    return status;
}

struct plain_kept {
    struct clang clang;
    struct scan_unit *units; /* one a source of the options */
    bool *is_plain;
};

struct plain_kept *
plain_keep(const struct plain_options *o, struct err *e)
{
    struct plain_kept *k = mem_new(sizeof(*k));
    struct scan_options options = SCAN_OPTIONS_INIT;
    k->units = mem_new((o->sources->count + 1) * sizeof(*k->units));
    k->is_plain = mem_new(o->sources->count + 1);
    int status = find_clang(&k->clang, &options, o, e);
    for (size_t i = 0; status == 0 && i < o->sources->count; i++) {
        k->is_plain[i] = plain_is_source(o->sources->items[i]);
        if (k->is_plain[i]) {
            status = scan_open(&k->units[i], &k->clang, o->sources->items[i],
                               &options, true, e);
        }
    }
    scan_options_dispose(&options);
    return status < 0 ? NULL : k; /* its process ends with it */
}

int
plain_bind_again(struct plain_kept *k, const struct plain_options *o,
                 struct plain_binding *to)
{
    struct surface *surfaces = mem_new((o->sources->count + 1)
                                       * sizeof(*surfaces));
    size_t count = 0;
    int status = 0;
    for (size_t i = 0; status == 0 && i < o->sources->count; i++) {
        status = k->is_plain[i] == plain_is_source(o->sources->items[i])
                     ? 0
                     : -1;
        if (status == 0 && k->is_plain[i]) {
            status = scan_again(&k->units[i]);
        }
        if (status == 0 && k->is_plain[i]) {
            scan_take(&surfaces[count++], &k->units[i]);
        }
    }
    if (status == 0) {
        status = write_binding(o, surfaces, count, to);
    }
    for (size_t i = 0; i < count; i++) {
        surface_dispose(&surfaces[i]);
    }
    free(surfaces);
    return status;
}
