/* python: see python.h. What an interpreter answers is kept in the cache, so
 * that a warm start need not run it; where it is chosen from is in
 * python_choose.c. */
#include "python.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cache.h"
#include "digest.h"
#include "file.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "tool.h"

#define OLDEST_MINOR 9
#define PROBE_MS 20000
/* Raised whenever the script below answers differently. */
#define PROBE_VERSION "2"

/* Under -I -S: neither the folder it runs in nor anybody's site-packages can
 * put code of theirs in. A virtual environment is then known only from its
 * pyvenv.cfg, which python_probe reads itself. */
static const char script[]
    = "import os, sys, sysconfig\n"
      "c = sysconfig.get_config_var\n"
      "paths = sysconfig.get_paths()\n"
      "say = {\n"
      "    'executable': sys.executable,\n"
      "    'version': '.'.join(map(str, sys.version_info[:3])),\n"
      "    'soabi': c('SOABI'),\n"
      "    'ext_suffix': c('EXT_SUFFIX'),\n"
      "    'include': paths['include'],\n"
      "    'platinclude': paths['platinclude'],\n"
      "    'base_prefix': sys.base_prefix,\n"
      "    'stdlib': paths['stdlib'],\n"
      "    'gil': '0' if c('Py_GIL_DISABLED') else '1',\n"
      "    'debug': '1' if hasattr(sys, 'gettotalrefcount') else '0',\n"
      "    'implementation': sys.implementation.name,\n"
      "}\n"
      "for k in say:\n"
      "    line = '%s=%s\\n' % (k, say[k] or '')\n"
      "    os.write(1, os.fsencode(line))\n"
      "seen = set()\n"
      "with open('/proc/self/maps', 'rb') as maps:\n"
      "    for line in maps:\n"
      "        path = line.split(None, 5)[5:]\n"
      "        if not path or path[0][:1] != b'/' or path[0] in seen:\n"
      "            continue\n"
      "        seen.add(path[0])\n"
      "        name = os.path.basename(path[0].strip())\n"
      "        exe = os.path.realpath(os.fsencode(sys.executable))\n"
      "        if (b'.so' in name and b'lib-dynload' not in path[0]\n"
      "                or path[0].strip() == exe):\n"
      "            os.write(1, b'library=' + path[0])\n";

static void
set(char **field, const char *value)
{
    free(*field);
    *field = mem_copy_str(value);
}

static void
read_field(struct python *p, const char *name, const char *value)
{
    const struct {
        const char *name;
        char **field;
    } texts[] = {
        {"executable", &p->executable},   {"version", &p->version},
        {"soabi", &p->soabi},             {"ext_suffix", &p->ext_suffix},
        {"include", &p->include},         {"platinclude", &p->platinclude},
        {"base_prefix", &p->base_prefix}, {"stdlib", &p->stdlib},
        {"implementation", &p->implementation},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            set(texts[i].field, value);
            return;
        }
    }
    if (strcmp(name, "gil") == 0) {
        p->is_gil_enabled = value[0] == '1';
    }
    else if (strcmp(name, "debug") == 0) {
        p->is_debug = value[0] == '1';
    }
    else if (strcmp(name, "library") == 0) {
        list_add(&p->libraries, value);
    }
}

static void
read_answer(struct python *p, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        char *line = mem_copy_range(text, len);
        char *equals = strchr(line, '=');
        if (equals != NULL) {
            *equals = '\0';
            read_field(p, line, equals + 1);
        }
        free(line);
        text += len + (text[len] == '\n');
    }
    /* The kernel maps them at random addresses; the cache key has them. */
    list_sort(&p->libraries);
}

/* The folder of a virtual environment whose bin/ holds `executable`, on the
 * heap, or NULL. */
static char *
find_venv(const char *executable)
{
    char *bin = path_dir(executable);
    char *above = path_join(bin, "..");
    char *found = NULL;
    const char *const places[] = {bin, above};
    for (size_t i = 0; i < 2 && found == NULL; i++) {
        char *cfg = path_join(places[i], "pyvenv.cfg");
        if (path_is_file(cfg)) {
            char *dir = path_dir(cfg);
            found = i == 0 ? mem_copy_str(dir) : path_dir(bin);
            free(dir);
        }
        free(cfg);
    }
    free(bin);
    free(above);
    return found;
}

/* Whether the answer makes sense, and what follows from it. */
static int
complete(struct python *p, struct err *e)
{
    if (p->executable == NULL || p->version == NULL || p->soabi == NULL
        || p->ext_suffix == NULL || p->include == NULL)
    {
        return err_set(e, ERR_USAGE,
                       "%s did not say which Python it is", p->asked);
    }
    if (sscanf(p->version, "%d.%d", &p->major, &p->minor) != 2
        || p->major != 3 || p->minor < OLDEST_MINOR)
    {
        return err_set(e, ERR_USAGE,
                       "%s is Python %s; cowbird needs 3.%d or newer",
                       p->asked, p->version, OLDEST_MINOR);
    }
    if (p->implementation != NULL
        && strcmp(p->implementation, "cpython") != 0)
    {
        return err_set(e, ERR_USAGE, "%s is %s; cowbird needs CPython",
                       p->asked, p->implementation);
    }
    char *venv = find_venv(p->executable);
    set(&p->prefix, venv != NULL ? venv : p->base_prefix);
    free(venv);
    char *header = path_join(p->include, "Python.h");
    p->has_headers = path_is_file(header);
    free(header);
    return 0;
}

static void
add_stat(struct digest_state *s, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0) {
        memset(&st, 0, sizeof(st));
    }
    int64_t facts[5] = {(int64_t)st.st_dev, (int64_t)st.st_ino,
                        (int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
                        (int64_t)st.st_mtim.tv_nsec};
    digest_add(s, facts, sizeof(facts));
}

/* Where the answer of this very executable is kept; NULL when it must be
 * asked each time: a script may answer differently tomorrow, or in another
 * folder. */
static char *
memory_path(const char *executable)
{
    char *real = path_real(executable);
    char *path = NULL;
    if (object_is_one(real)) {
        struct digest_state s;
        digest_start(&s);
        digest_add_str(&s, PROBE_VERSION);
        digest_add_str(&s, executable);
        digest_add_str(&s, real);
        add_stat(&s, real);
        char *venv = find_venv(executable);
        char *cfg = venv == NULL ? NULL : path_join(venv, "pyvenv.cfg");
        if (cfg != NULL) {
            add_stat(&s, cfg);
        }
        free(cfg);
        free(venv);
        struct digest d = digest_end(&s);
        path = cache_file("pythons", &d, NULL);
    }
    free(real);
    return path;
}

static int
ask(const char *executable, struct buf *answer, struct err *e)
{
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = PROBE_MS};
    list_add(&argv, executable);
    list_add(&argv, "-IS");
    list_add(&argv, "-c");
    list_add(&argv, script);
    int status = tool_run(&argv, &o, &r, e);
    if (status == 0 && (r.status != 0 || r.is_timed_out)) {
        char *reason = tool_reason(&r);
        const char *words = buf_text(&r.errors);
        size_t len = strcspn(words, "\n");
        status = err_set(e, ERR_USAGE,
                         "%s does not run as Python: %s%s%.*s", executable,
                         reason, len > 0 ? ": " : "", (int)len, words);
        free(reason);
    }
    if (status == 0) {
        buf_add(answer, r.out.data, r.out.len);
    }
    tool_result_dispose(&r);
    list_dispose(&argv);
    return status;
}

int
python_probe(struct python *p, const char *executable, struct err *e)
{
    *p = (struct python){.asked = mem_copy_str(executable)};
    char *found = path_which(executable);
    if (found == NULL) {
        err_set(e, ERR_USAGE, "there is no Python at %s", executable);
        python_dispose(p);
        return -1;
    }
    char *memory = memory_path(found);
    struct buf answer = BUF_INIT;
    int status = 0;
    if (memory == NULL || !path_is_file(memory)
        || file_read(memory, &answer, NULL) < 0)
    {
        buf_clear(&answer);
        status = ask(found, &answer, e);
    }
    else {
        free(memory);
        memory = NULL;
    }
    if (status == 0) {
        read_answer(p, buf_text(&answer));
        status = complete(p, e);
    }
    if (status == 0 && memory != NULL) {
        file_write(memory, answer.data, answer.len, NULL);
    }
    if (status < 0) {
        python_dispose(p);
    }
    buf_dispose(&answer);
    free(memory);
    free(found);
    return status;
}

int
python_has_stdlib(const struct python *p, const char *name, bool *has,
                  struct err *e)
{
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = PROBE_MS};
    list_add(&argv, p->executable);
    list_add(&argv, "-IS");
    list_add(&argv, "-c");
    list_add(&argv,
             "import sys, importlib.util as u\n"
             "n = sys.argv[1]\n"
             "s = getattr(sys, 'stdlib_module_names', ())\n"
             "print(int(n in s or n in sys.builtin_module_names\n"
             "          or u.find_spec(n) is not None))\n");
    list_add(&argv, name);
    int status = tool_run(&argv, &o, &r, e);
    if (status == 0 && (r.status != 0 || r.is_timed_out)) {
        char *reason = tool_reason(&r);
        status = err_set(e, ERR_SYSTEM, "asking %s for its modules: %s",
                         p->executable, reason);
        free(reason);
    }
    if (status == 0) {
        *has = buf_text(&r.out)[0] == '1';
    }
    tool_result_dispose(&r);
    list_dispose(&argv);
    return status;
}

void
python_dispose(struct python *p)
{
    char **const texts[] = {
        &p->asked,       &p->executable,  &p->version,
        &p->soabi,       &p->ext_suffix,  &p->include,
        &p->platinclude, &p->prefix,      &p->base_prefix,
        &p->stdlib,      &p->origin,      &p->implementation,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        free(*texts[i]);
    }
    list_dispose(&p->libraries);
    *p = (struct python){0};
}
