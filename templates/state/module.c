/* @MODULE@: counts hits by name; the counts live in the module.
 *
 *     from @MODULE@ import hit, hits
 *     hit("/index")          # 1
 *     hits("/other")         # raises KeyError
 */
#include <cowbird.h> /* its first comment is the manual */
#include <stdlib.h>
#include <string.h>

struct entry {
    char *name;
    long long count;
};

/* Static variables are the module's state, one of each in a process. A save
 * that goes live leaves them as they are; a new initialiser takes effect.
 * Python's lock is held in every function here, so no two threads meet. */
static struct entry *entries;
static size_t entry_count;

static struct entry *
find(const char *name)
{
    for (size_t i = 0; i < entry_count; i++) {
        if (strcmp(entries[i].name, name) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

/* NULL: there is no memory, and that has been raised. */
static struct entry *
add(const char *name)
{
    size_t len = strlen(name) + 1;
    struct entry *more
        = realloc(entries, (entry_count + 1) * sizeof(*entries));
    if (more != NULL) {
        entries = more;
    }
    char *copy = more == NULL ? NULL : malloc(len);
    if (copy == NULL) {
        cb_raise(CB_MemoryError, "no room for '%s'", name);
        return NULL;
    }
    memcpy(copy, name, len);
    entries[entry_count] = (struct entry){copy, 0};
    return &entries[entry_count++];
}

/* Counts one more; how many that makes. */
long long
hit(const char *name)
{
    struct entry *found = find(name);
    if (found == NULL) {
        found = add(name);
    }
    return found == NULL ? 0 : ++found->count;
}

/* How many so far. */
long long
hits(const char *name)
{
    const struct entry *found = find(name);
    if (found == NULL) {
        return cb_raise(CB_KeyError, "no hits for '%s' yet", name);
    }
    return found->count;
}
