/* image: one artefact, loaded.
 *
 * Never unloaded yet: a committed one may be referred to from anywhere, and
 * one that was refused has run its own code. What stays is counted. With the
 * GIL, which keeps os.fork away while the loader works; forks made by C code
 * are kept away by a lock of its own (image_guard_forks).
 */
#ifndef COWBIRD_IMAGE_H
#define COWBIRD_IMAGE_H

#include "pyabi.h"

#include "elfview.h"
#include "wire/err.h"

struct image {
    char *path;
    char *stem;
    char *source; /* the file to name in messages */
    void *handle;
    struct elf elf;
    PyModuleDef *def;  /* borrowed from the image; NULL until image_init */
    PyObject *shadow;  /* the module its init made for a swap; kept, because
                          the code may point at it; NULL for a first load */
    struct image *next; /* of all images */
};

struct image_place {
    const char *path;
    const char *stem;
    const char *source;
};

/* Loads the file; the unresolved symbol is named where there is one. */
struct image *image_open(const struct image_place *place, struct err *e);
/* Whether its init is of the kind that can be run again (multi-phase). */
bool image_is_multi_phase(const struct image *i);
/* Calls PyInit_<stem>: 0 and `def` set; -1 with `e` filled and, when the
 * init raised, the exception set. */
int image_init(struct image *i, struct err *e);
/* The image that holds `address`, or NULL. */
struct image *image_find(const void *address);
size_t image_count(void);
/* Once per process: from now on no fork falls into a dlopen. */
void image_guard_forks(void);

#endif
