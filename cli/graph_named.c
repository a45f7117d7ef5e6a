/* graph_named: see graph_named.h. */
#include "graph_named.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "csource.h"
#include "digest.h"
#include "extensions.h"
#include "file.h"
#include "mem.h"
#include "path.h"

struct module *
scan_module(struct graph *g, const char *name)
{
    struct module *m = graph_find(g, name);
    if (m != NULL) {
        return m;
    }
    m = mem_new(sizeof(*m));
    m->name = mem_copy_str(name);
    const char *dot = strrchr(name, '.');
    m->stem = mem_copy_str(dot == NULL ? name : dot + 1);
    m->is_gone = true; /* until its source is seen */
    g->modules = mem_resize(g->modules, g->module_count + 1,
                            sizeof(*g->modules));
    size_t i = g->module_count++;
    for (; i > 0 && strcmp(g->modules[i - 1]->name, name) > 0; i--) {
        g->modules[i] = g->modules[i - 1];
    }
    g->modules[i] = m;
    return m;
}

bool
scan_is_cxx(const char *path)
{
    const char *suffix = path_suffix(path);
    return strcmp(suffix, ".cc") == 0 || strcmp(suffix, ".cpp") == 0
           || strcmp(suffix, ".cxx") == 0;
}

bool
graph_recognise(const char *path, const char *stem, enum module_kind *kind,
                char **other)
{
    struct buf text = BUF_INIT;
    bool is_one = false;
    if (other != NULL) {
        *other = NULL;
    }
    if (file_read(path, &text, NULL) == 0 && text.len > 0
        && (memmem(text.data, text.len, "PyInit_", 7) != NULL
            || memmem(text.data, text.len, "PyModExport_", 12) != NULL
            || memmem(text.data, text.len, "_MODULE", 7) != NULL
            || memmem(text.data, text.len, "cowbird.h", 9) != NULL))
    {
        struct csource s;
        csource_read(&s, text.data, text.len, stem);
        is_one = s.defines_init || (s.cowbird_line > 0 && !scan_is_cxx(path));
        *kind = s.defines_init ? MODULE_RAW : MODULE_PLAIN;
        if (!is_one && other != NULL) {
            *other = s.other_init;
            s.other_init = NULL;
        }
        csource_dispose(&s);
    }
    buf_dispose(&text);
    return is_one;
}

static void
replace(struct list *to, const struct list *from)
{
    list_clear(to);
    list_add_all(to, from);
}

/* The source that names the module comes first: the one with the init. */
static void
take_sources(struct scan *s, struct module *m, const struct config *c,
             const struct config_module *cm)
{
    enum module_kind kind = MODULE_RAW;
    list_clear(&m->sources);
    m->is_cxx = cm->is_cxx;
    size_t first = 0;
    bool has_first = false;
    bool is_plain = false;
    for (size_t i = 0; i < cm->sources.count; i++) {
        char *path = path_join(c->root, cm->sources.items[i]);
        char *real = path_real(path);
        list_add_new(&s->claimed, real);
        m->is_cxx |= scan_is_cxx(path);
        if (!has_first && graph_recognise(path, m->stem, &kind, NULL)) {
            has_first = kind == MODULE_RAW;
            is_plain |= kind == MODULE_PLAIN;
            first = has_first || !is_plain ? i : first;
        }
        list_add_taken(&m->sources, path);
        free(real);
    }
    m->kind = !has_first && is_plain ? MODULE_PLAIN : MODULE_RAW;
    if (m->sources.count > 0) {
        char *front = m->sources.items[first];
        m->sources.items[first] = m->sources.items[0];
        m->sources.items[0] = front;
    }
    free(m->source);
    m->source = mem_copy_str(m->sources.count > 0 ? m->sources.items[0]
                                                  : c->root);
}

/* Of all that was said about a module's build. */
static struct digest
words_of(const struct module *m)
{
    const struct list *const lists[]
        = {&m->sources, &m->includes,  &m->cflags,
           &m->ldflags, &m->libraries, &m->pkg_config};
    struct digest_state s;
    digest_start(&s);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            digest_add_str(&s, lists[i]->items[k]);
        }
        digest_add_str(&s, NULL);
    }
    digest_add_str(&s, m->std);
    digest_add(&s, &m->is_cxx, sizeof(m->is_cxx));
    return digest_end(&s);
}

static void
take_named(struct scan *s, const struct config *c,
           const struct config_module *cm)
{
    struct module *m = scan_module(s->g, cm->name);
    struct digest before = words_of(m);
    take_sources(s, m, c, cm);
    list_clear(&m->includes);
    for (size_t k = 0; k < cm->include_dirs.count; k++) {
        list_add_taken(&m->includes,
                       path_join(c->root, cm->include_dirs.items[k]));
    }
    replace(&m->cflags, &cm->cflags);
    replace(&m->ldflags, &cm->ldflags);
    replace(&m->libraries, &cm->libraries);
    replace(&m->pkg_config, &cm->pkg_config);
    free(m->std);
    m->std = mem_copy_str(cm->std);
    struct digest now = words_of(m);
    m->is_redefined = !digest_equal(&before, &now);
    module_set_add(&s->found, m);
}

void
scan_forget_words(struct module *m)
{
    struct list *const lists[]
        = {&m->includes, &m->cflags, &m->ldflags, &m->libraries,
           &m->pkg_config};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        m->is_redefined |= lists[i]->count > 0;
        list_clear(lists[i]);
    }
    free(m->std);
    m->std = NULL;
}

/* pyproject.toml's [tool.cowbird.modules] wins over what a project's own
 * setup.py declares. */
void
scan_take_named(struct scan *s, const struct config *c)
{
    const struct extensions *x = s->g->extensions;
    for (size_t i = 0; i < c->module_count; i++) {
        take_named(s, c, &c->modules[i]);
    }
    for (size_t i = 0; x != NULL && i < x->module_count; i++) {
        if (config_find(c, x->modules[i].name) == NULL) {
            take_named(s, c, &x->modules[i]);
        }
    }
    if (x != NULL) {
        list_add_all(&s->g->warnings, &x->warnings);
    }
}
