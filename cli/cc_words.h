/* cc_words: the words by which gcc or clang compiles a module's sources and
 * links them, as a person would type them. No state; any thread.
 */
#ifndef COWBIRD_CC_WORDS_H
#define COWBIRD_CC_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "list.h"

struct job;

/* Where a compile writes. */
struct cc_output {
    const char *object;
    const char *rule; /* what it read, as a make rule */
};

bool cc_words_is_cxx(const char *path);
/* Appends the whole command for the job's source number `index`. `hides`:
 * what the source does not export by name stays inside. */
void cc_words_compile(struct list *argv, const struct job *j, size_t index,
                      bool hides, const struct cc_output *to);
/* The same for the link of `folder`'s 0.o, 1.o and so on, `count` of them, to
 * the job's artefact there. */
void cc_words_link(struct list *argv, const struct job *j, size_t count,
                   const char *folder);

/* To an error of no place that quotes a word of these commands: help that
 * says whose word it is. */
void cc_words_explain(const struct job *j, struct diag_list *diags);

#endif
