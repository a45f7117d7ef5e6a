/* make_rule: what a compiler says that it has read, as a rule for make. */
#ifndef COWBIRD_MAKE_RULE_H
#define COWBIRD_MAKE_RULE_H

#include "list.h"

/* Appends the files that the rule at `path` names behind its colon. */
void make_rule_files(const char *path, struct list *files);

#endif
