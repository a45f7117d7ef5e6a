/* config: the settings of one run, merged from flags, environment
 * (COWBIRD_*), [tool.cowbird] of the nearest pyproject.toml, and defaults, in
 * that order.
 *
 * Knows names, kinds and defaults (one table); an unknown key is named with
 * its near match. Reads pyproject.toml through toml, never writes.
 */
#ifndef COWBIRD_CONFIG_H
#define COWBIRD_CONFIG_H

#include <stdbool.h>

#include "list.h"
#include "wire/err.h"

enum py_reload { PY_RELOAD_AUTO, PY_RELOAD_ON, PY_RELOAD_OFF };

/* [tool.cowbird.modules.NAME] */
struct config_module {
    char *name;
    struct list sources; /* as written, relative to the pyproject's folder;
                            globs expanded */
    struct list include_dirs;
    struct list cflags;
    struct list ldflags;
    struct list libraries;
    struct list pkg_config;
    char *std;
    bool is_cxx; /* linked as C++, whatever its sources are */
};

struct config {
    char *root;     /* the project: folder of the pyproject.toml that was
                       read, else the working directory; absolute */
    char *pyproject; /* its path or NULL */
    bool is_configured; /* it has [tool.cowbird] */
    struct list compile_paths; /* absolute; never empty */
    char *cc;       /* "auto" … */
    char *python;   /* or NULL */
    int jobs;       /* 0: one per core */
    int compile_seconds; /* what one compile may take; 0: two minutes */
    enum py_reload py_reload;
    bool tiers;     /* an optimised build follows what tcc has made */
    struct list optimise; /* what cc gets in the place of -O2; or empty */
    bool stubs;     /* write .pyi files and compile_commands.json */
    bool force_polling;
    struct config_module *modules;
    size_t module_count;
    struct list warnings; /* unknown keys, with their near match */
};

/* What the command line said; NULL, -1 or empty where it was silent. */
struct config_flags {
    struct list compile_paths;
    const char *cc;
    const char *python;
    const char *py_reload;
    int jobs; /* -1: silent */
    bool has_no_stubs;
};

#define CONFIG_FLAGS_INIT {.jobs = -1}

/* `dir` is where the search upward for pyproject.toml starts. */
int config_load(struct config *c, const struct config_flags *flags,
                const char *dir, struct err *e);
const struct config_module *config_find(const struct config *c,
                                        const char *name);
void config_module_dispose(struct config_module *m);
void config_dispose(struct config *c);

#endif
