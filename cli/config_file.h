/* config_file: [tool.cowbird] of one pyproject.toml, read into a config. Part
 * of config.
 */
#ifndef COWBIRD_CONFIG_FILE_H
#define COWBIRD_CONFIG_FILE_H

#include "config.h"

/* Sets what the file at c->pyproject says and nothing else; relative paths
 * become absolute from c->root. `shown` is the file's name for messages. */
int config_file_read(struct config *c, const char *shown, struct err *e);

/* 0 and `*value` for "auto", "on", "off"; -1 for another word. */
int config_parse_py_reload(const char *word, enum py_reload *value);

/* More is a mistake rather than a machine. */
#define CONFIG_MOST_JOBS 1024

#endif
