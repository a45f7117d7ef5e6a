/* graph: the native modules below the compile paths, the files that decide
 * their artefacts, and which of them a change makes dirty.
 *
 * Finds modules by the contract's rules (DESIGN.md, "What is a native
 * module"), keeps a content digest per file. Never compiles, never speaks,
 * never writes. One thread (the bench's main one) owns a graph.
 */
#ifndef COWBIRD_GRAPH_H
#define COWBIRD_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "digest.h"
#include "list.h"
#include "wire/err.h"

struct config;
struct extensions;

/* A file whose content decides artefacts: a source or a project header. */
struct unit {
    char *path;           /* absolute, links resolved */
    struct digest digest; /* of the content last read; zero when missing */
    bool is_missing;
};

enum module_kind {
    MODULE_RAW,   /* defines an init function (csource.h) */
    MODULE_PLAIN, /* includes cowbird.h and leaves the binding to us */
};

/* clean → dirty → building → failed | built → swapping → live | refused |
 * rolled back. What the session's speech and `status` show. */
enum module_phase {
    MODULE_CLEAN,
    MODULE_DIRTY,
    MODULE_BUILDING,
    MODULE_FAILED,
    MODULE_BUILT,
    MODULE_SWAPPING,
    MODULE_LIVE,
    MODULE_REFUSED,
    MODULE_ROLLED_BACK,
};

struct module {
    char *name; /* dotted: "pkg._speedups" */
    char *stem; /* the last part: PyInit_<stem> */
    enum module_kind kind;
    enum module_phase phase;
    char *source;         /* the file that names it, absolute */
    struct list sources;  /* all translation units, `source` first */
    struct list includes; /* -I folders */
    struct list cflags;
    struct list ldflags;
    struct list libraries; /* names for -l */
    struct list pkg_config;
    char *std;            /* "c11" or NULL */
    bool is_cxx;
    struct list headers;  /* project headers of the last good or bad compile,
                             absolute, and the places where one that appeared
                             would be found first; system headers are not
                             here */
    struct unit **units;  /* of sources and headers; borrowed from the graph,
                             valid after graph_read_all */
    size_t unit_count;
    bool is_redefined;    /* the last scan found other words for its build
                             than the one before */
    bool is_gone;         /* its source was deleted; the struct stays, so
                             that pointers and generations do */
};

struct graph {
    struct module **modules; /* sorted by name; pointers stay valid for the
                                graph's life */
    size_t module_count;
    struct unit **units;
    size_t unit_count;
    const struct extensions *extensions; /* what existing projects declare;
                                            borrowed, NULL: nobody asked */
    struct list roots;    /* compile paths, absolute */
    struct list folders;  /* every folder below them that may hold sources:
                             what to watch */
    struct list passed;   /* sources that are no modules, as they are */
    struct list warnings; /* sentences for the user from the last scan: a
                             .py or .so of a module's name, two sources of
                             one name, …  */
};

void graph_init(struct graph *g);
/* Walks the compile paths (`roots`, made absolute; links resolved) and fills
 * or refreshes the modules: new ones are added, those without a source become
 * is_gone, digests are NOT read. What `c` and g->extensions name claims its
 * files first, in that order. `c` may be NULL in tests. A compile path
 * that is not there is an error in the first scan and empty in later ones; an
 * unreadable folder below it a warning. */
int graph_scan(struct graph *g, const struct list *roots,
               const struct config *c, struct err *e);
/* Whether the file makes a module called `stem`, and of which kind. `other`
 * may be NULL: else, where it makes none, the name of its init function, which
 * is for another, on the heap, or NULL. */
bool graph_recognise(const char *path, const char *stem,
                     enum module_kind *kind, char **other);
/* Whether one of these files, saved, makes a module now and made none before,
 * or one of another kind: graph_scan finds it. */
bool graph_needs_scan(const struct graph *g, const struct list *paths);
/* By dotted name; NULL when absent. Borrowed. */
struct module *graph_find(const struct graph *g, const char *name);
/* Replaces a module's headers after a compile and reads digests of new
 * ones. */
void graph_set_headers(struct graph *g, struct module *m,
                       const struct list *headers);
/* A file of the module changed while it was built, so what the units hold may
 * not be what was compiled: the next save of one differs, whatever is in it.
 */
void graph_doubt(const struct module *m);
/* Reads the digest of every source and header of every module. */
void graph_read_all(struct graph *g);
/* Some files may have changed: reads them again and appends to `dirty` (each
 * once) the modules whose content really differs, `same` those that were
 * saved without a change. A link that points elsewhere now is a difference.
 * `paths` NULL: everything may have (overflow).
 * Paths that are no unit are ignored. */
struct module_set {
    struct module **items; /* borrowed from the graph */
    size_t count;
    size_t cap;
};
void graph_refresh(struct graph *g, const struct list *paths,
                   struct module_set *dirty, struct module_set *same);
/* Whether a path could be or become a source, a header or a .py that
 * matters: false for what skip rules exclude (hidden folders, __pycache__,
 * venvs, site-packages, node_modules, build, dist; editors' temporary
 * files). Reads nothing from disk but pyvenv.cfg beside folders. */
bool graph_is_interesting(const struct graph *g, const char *path);
/* The same for a folder that is no compile path: where the app's Python is. */
bool graph_is_interesting_below(const char *root, const char *path);
/* The skip rules alone: by a folder's name, and whether it is a virtual
 * environment or cowbird's own cache. */
bool graph_skips_folder(const char *name);
/* Whether a file of that name may make a module: .c, .cc, .cpp. */
bool graph_is_source(const char *path);
bool graph_is_foreign(const char *folder);
void graph_dispose(struct graph *g);

/* Whether both include one of the project's headers. */
bool module_shares_header(const struct module *a, const struct module *b);

bool module_set_has(const struct module_set *s, const struct module *m);
void module_set_add(struct module_set *s, struct module *m);
void module_set_dispose(struct module_set *s);

#endif
