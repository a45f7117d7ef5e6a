/* image: one artefact, loaded.
 *
 * Prepared when it is opened, current while its code serves, draining when
 * newer code has taken its place or it never went live; retire.h decides when
 * nothing can need it any more, and only then is it closed. Opened by any
 * thread; the list of all belongs to the GIL. No fork falls between the
 * loader's steps (image_guard_forks).
 */
#ifndef COWBIRD_IMAGE_H
#define COWBIRD_IMAGE_H

#include "pyabi.h"

#include "elfview.h"
#include "wire/err.h"
#include "wire/kind.h"

struct facts;
struct identity;

enum image_state {
    IMAGE_PREPARED,
    IMAGE_CURRENT,
    IMAGE_DRAINING
};

/* Why an image can't go yet, in words for people. */
#define IMAGE_WHY 160

/* What slots alone can say that PyModuleDef has no field for, and an end:
 * each at most once (Python/slots.toml). */
#define IMAGE_OWN_SLOTS 8

struct image {
    char *path;
    char *name; /* of the module */
    char *stem;
    char *source; /* the file to name in messages */
    uint64_t generation;
    uint64_t shown; /* as people are told it: changes of tier not counted */
    void *handle;
    struct elf elf;
    PyModuleDef *def;  /* borrowed from the image, or `own_def`; NULL until
                          image_init */
    void *token;       /* what its module is known by: `def`, or slots' */
    void *hook;        /* PyModExport_<stem>, or NULL; see definition.h: */
    PyModuleDef own_def;
    PyModuleDef_Slot own_slots[IMAGE_OWN_SLOTS];
    PyObject *shadow;  /* the module its init made for a swap; kept, because
                          the code may point at it; NULL for a first load */
    enum image_state state;
    bool has_run;         /* code of it, or it may have: constructors */
    bool has_shared;      /* newer code has copies of its variables */
    const struct kind *kind; /* what it is written with; for ever */
    const char *pin;      /* why it can never go, or NULL */
    char why[IMAGE_WHY];  /* what was seen to need it last, or empty */
    struct facts *_Atomic facts; /* kept for the next swap (facts.h); or NULL
                                  */
    struct constant *constants; /* that its code has from older images
                                   (constants.h) */
    size_t constant_count;
    size_t thread_home; /* the loader's number of the image whose thread-local
                           variables it uses (threadlocal.h); 0: its own */
    struct dispatch *dispatches; /* tables that its code has from older images
                                    (dispatch.h) */
    size_t dispatch_count;
    struct identity *identities; /* until they are turned (identity.h) */
    size_t identity_count;
    unsigned clean_looks; /* in a row that saw nothing lead into it … */
    unsigned shadow_looks; /* … and nothing at its shadow */
    struct image *next;   /* of all images */
};

struct image_place {
    const char *path;
    const char *name;
    const char *stem;
    const char *source;
    uint64_t generation, shown;
};

/* Whether code may run when the file is loaded: constructors of its own, or
 * of a library that is not there yet. Then it is opened with the GIL. */
bool image_runs_at_load(const char *path);
/* Loads the file; the unresolved symbol is named where there is one. Without
 * the GIL, unless image_runs_at_load. */
struct image *image_open(const struct image_place *place, struct err *e);
/* With the GIL: takes it into the list of all. */
void image_keep(struct image *i);
/* Whether its init is of the kind that can be run again (multi-phase). */
bool image_is_multi_phase(const struct image *i);
/* From now on `def` is what its init has returned. */
void image_define(struct image *i, PyModuleDef *def);
/* Calls PyInit_<stem>: 0 and `def` set, or, single-phase, `*module` (owned);
 * -1 with `e` filled and, when the init raised, the exception set. */
int image_init(struct image *i, PyObject **module, struct err *e);
/* No new call enters it from now on. Accepts NULL. */
void image_leave(struct image *i);
/* How often image_leave was called for one that had not left; of them, whose
 * code never ran. Any thread. */
unsigned image_left_count(void);
unsigned image_unused_count(void);
/* The newest one of that file, or NULL. With the GIL. */
struct image *image_at(const char *path);
/* The newest of all; follow `next`. With the GIL. */
struct image *image_first(void);
/* With the GIL: takes it out of the list. */
void image_forget(struct image *i);
/* Unloads one that is in no list and that nothing needs, and frees it. False
 * when the loader keeps the code mapped: then nothing is freed. Without the
 * GIL. */
bool image_close(struct image *i);
/* How many are loaded. With the GIL. */
size_t image_count(void);
/* Once per process: from now on no fork falls into a dlopen. */
void image_guard_forks(void);

#endif
