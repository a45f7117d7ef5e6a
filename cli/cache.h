/* cache: the user's cache directory: artefacts by key, probes of Pythons,
 * guests per ABI.
 *
 * $COWBIRD_CACHE_DIR, else $XDG_CACHE_HOME/cowbird, else ~/.cache/cowbird.
 * A CACHEDIR.TAG marks it. Entries appear whole by rename and are never
 * rewritten; only `cache clear` and the size cap remove them, never one that
 * a live session uses. Locks are flock only.
 */
#ifndef COWBIRD_CACHE_H
#define COWBIRD_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "wire/err.h"

/* Absolute, made on first use, borrowed for the life of the program; NULL and
 * `e` when there is no place to write. */
const char *cache_dir(struct err *e);
/* Whether it is this folder, by whatever name; makes nothing. */
bool cache_is_at(const char *folder);
/* A folder below it, made; on the heap. */
char *cache_subdir(const char *name, struct err *e);
/* The place of a file in the folder `kind` that is named by `key`, there or
 * not; on the heap. */
char *cache_file(const char *kind, const struct digest *key, struct err *e);
/* The folder of the entry `kind`/`key`, on the heap; `*is_there` tells
 * whether it is complete. */
char *cache_entry(const char *kind, const struct digest *key, bool *is_there,
                  struct err *e);
/* A private folder to fill, on the heap; cache_publish renames it to the
 * entry (a twin that got there first wins, and that is no error). */
char *cache_begin(struct err *e);
int cache_publish(const char *filled, const char *kind,
                  const struct digest *key, struct err *e);
void cache_abandon(const char *filled);
/* Makes the next private folder before somebody waits for it; one at most.
 * To be taken back at the end. */
void cache_begin_ahead(void);
void cache_abandon_ahead(void);
/* Says that the session whose folder this is lives: takes a shared flock on
 * `folder`/lock. The descriptor stays open across exec, so that the app of
 * a plain `run` holds it for its life; what the manifests in a held folder
 * name is kept. */
int cache_hold(const char *folder, struct err *e);

struct cache_usage {
    uint64_t bytes;
    uint64_t artefacts;
    uint64_t guests;
    uint64_t sessions; /* folders of live sessions */
};
int cache_measure(struct cache_usage *u, struct err *e);
/* Keeps the artefacts below `most` bytes (0: the usual 2 GB, looked at once
 * a day) by removing those that were not used for the longest. */
void cache_trim(uint64_t most);
/* Removes everything that no live session uses; the number of bytes freed. */
int cache_clear(uint64_t *freed, struct err *e);

#endif
