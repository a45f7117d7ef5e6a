/* link_stub: a link without its libraries.
 *
 * Most of what a linker does for a small module is to read libc's symbols, of
 * which it takes a handful. After a link in full a module keeps what it was
 * given: stubs of its libraries with those symbols alone (stub_library). The
 * next link takes the stubs; asks its result for nothing else, it is what a
 * link in full would have made. Kept in the cache under the linker's words,
 * the module and the times of the folders that are searched. In the child of
 * a compile; blocks.
 */
#ifndef COWBIRD_LINK_STUB_H
#define COWBIRD_LINK_STUB_H

#include <stdbool.h>

#include "digest.h"
#include "list.h"
#include "object_asks.h"

struct job;

struct link_stub {
    struct digest key;
    struct list words;  /* the linker's, with stubs; empty: none are known */
    struct asks known;  /* what they were made of */
    bool is_hopeless;   /* archives are linked in, or nothing: stubs don't do
                         */
};

/* What is known for the link that `linker` says. */
void link_stub_find(struct link_stub *s, const struct job *j,
                    const struct list *linker);
/* Whether the artefact, linked with the stubs, asks for nothing else. */
bool link_stub_suffices(const struct link_stub *s, const struct job *j);
/* After a link in full: what the next one needs. */
void link_stub_learn(const struct link_stub *s, const struct job *j);
void link_stub_dispose(struct link_stub *s);

#endif
