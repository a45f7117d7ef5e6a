/* help: the screens that explain: the first one, each command's, the topics.
 * Text for stdout by way of report; decides nothing.
 */
#ifndef COWBIRD_HELP_H
#define COWBIRD_HELP_H

#include <stdbool.h>

struct command;
struct opt;

/* What a lone `cowbird` says. */
void help_first_screen(void);
/* All commands and topics. */
void help_overview(void);
/* A command's own: summary, usage and options; when `is_long` what there is
 * to know besides. */
void help_show(const struct command *c, const struct opt *table,
               bool is_long);

/* A topic that is no command, or what there is to know about a command. */
struct help_topic {
    const char *name;
    const char *title; /* one line; NULL: text of a command of that name */
    const char *text;  /* NULL: help_types writes it */
};
extern const struct help_topic help_topics[]; /* ends with a NULL name */

#endif
