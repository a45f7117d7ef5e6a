/* graph_named: the modules that somebody named: the configuration, or the
 * setup.py of an existing project; and what a scan knows of any module. Part
 * of graph_scan.
 */
#ifndef COWBIRD_GRAPH_NAMED_H
#define COWBIRD_GRAPH_NAMED_H

#include <sys/types.h>

#include "graph.h"

struct folder_id {
    dev_t dev;
    ino_t ino;
};

struct scan {
    struct graph *g;
    const char *root;
    struct list claimed; /* real paths of sources that the configuration
                            names */
    struct module_set found;
    struct folder_id *visited;
    size_t visited_count;
    bool drops_src; /* root/src is only a place where packages lie */
};

/* The module called `name`, made when it is new; gone until its source is
 * seen. */
struct module *scan_module(struct graph *g, const char *name);
bool scan_is_cxx(const char *path);
/* What was once said about the module's build. */
void scan_forget_words(struct module *m);
/* Adds them to the modules found, their sources to those claimed. What the
 * configuration names wins over what a setup.py declares. */
void scan_take_named(struct scan *s, const struct config *c);

#endif
