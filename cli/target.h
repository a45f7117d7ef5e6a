/* target: one Python ABI of a session, and what each module serves there.
 *
 * Owns images and the manifest. Never compiles and
 * never talks to workers. The bench's main thread owns it.
 */
#ifndef COWBIRD_TARGET_H
#define COWBIRD_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "compile.h"
#include "condemned.h"
#include "image_file.h"
#include "python.h"
#include "session.h"

/* Code that was live. */
struct former {
    struct digest key;
    char *artefact;
    char *compiler;
    uint64_t code_of;
    uint64_t change;
};

/* A module in one target. */
struct served {
    struct module *module;  /* borrowed from the graph */
    uint64_t generation;    /* live; 0: none was ever good */
    uint64_t last_number;   /* highest generation ever staged */
    uint64_t code_of;       /* the generation, as shown, whose code is live:
                               its own, or what an undo went back to */
    uint64_t change;        /* the transaction that brought that code, before
                               any undo; 0: it was there at the start */
    struct digest key;      /* of the live artefact */
    struct digest content;  /* of the sources it was made of; zeros after an
                               undo */
    uint64_t *tiers;        /* numbers that changed only the tier of the
                               generation before, or were to */
    size_t tier_count;
    int64_t saved_ns;       /* when its newest change was saved; 0: never */
    int64_t pause_ns;       /* between that and the one before */
    uint64_t imported;      /* later imports have higher numbers; 0: none */
    unsigned tcc_count;     /* of its warm compiles, the first few */
    int64_t tier_ns[2];     /* what a warm compile takes by now; 0: unknown */
    unsigned without_tcc;   /* compiles since tcc could not, gained nothing
                               or laid out structs in its own way; 0: it
                               serves */
    char *agreed;           /* the artefact of tcc's that cc last agreed with
                               on layouts, or NULL */
    char *disagreed;        /* what they last differed in, or NULL */
    char *artefact;         /* of the live generation */
    char *image;            /* of the live generation */
    struct image_file *on_disk; /* that may be there */
    size_t on_disk_count;
    char *origin;           /* __file__: the first artefact, for ever */
    char *compiler;         /* "tcc" */
    struct former *former;  /* what was live before and may be again, newest
                               last; each content once, never what serves
                               or what crashed */
    size_t former_count;
    struct crashed_code *crashed; /* what crashed in a call (condemned.h) */
    size_t crashed_count;
    bool has_fallen;   /* the source is code that crashed; live, if anything,
                          is what came before */
    struct diag_list warned; /* what has been said of the live code, by
                                whoever compiled it first */
    char *crash_words; /* of the last one: "gen 3 crashed: SIGSEGV in total()
                          at scoring.c:14"; or NULL */
    bool is_undone;         /* live is what `undo` brought back, not what the
                               source says */
    uint64_t undone_group;  /* modules that went back together have one; 0:
                               the source is what is live */
    char *refused_artefact; /* built from the newest save, or asked back by an
                               undo, and refused by a worker; loaded when no
                               worker uses the module any more; or NULL */
    char *refused_compiler;
    struct digest refused_key;
    bool refused_is_undo;   /* as of struct staged, like the next two */
    uint64_t refused_code_of, refused_change, refused_group;
    char *failure;          /* text file with the diagnostics while there is
                               nothing to serve, or NULL */
    char *why;              /* the last word about it: "1 error, not
                               swapped"; NULL when all is well */
};

struct target {
    struct python python; /* owned */
    char *guest;          /* path of the guest's .so */
    bool is_met;          /* a worker of this ABI has said hello */
    struct canary *canary; /* owned; NULL until dev gives it one */
    struct served **served;
    size_t served_count;
    const struct session *session; /* borrowed */
};

/* Takes over `python` (emptied on success). */
int target_init(struct target *t, const struct session *session,
                const struct toolchain *chain, struct python *python,
                struct err *e);
/* The module's row, made when it is not there. */
struct served *target_get(struct target *t, struct module *m);
struct served *target_find(const struct target *t, const char *name);

/* The next generation's image, copied but not live. */
struct staged {
    struct served *served; /* borrowed */
    uint64_t generation;
    char *image;
    char *artefact;
    char *compiler;
    struct digest key;
    struct digest content;
    bool is_tier; /* the same generation by another compiler */
    bool is_undo; /* what was live before: the way back leads on from it … */
    uint64_t code_of; /* … as of this one */
    uint64_t change;  /* the transaction that brought, or had brought it */
    uint64_t group;   /* of an undo: what goes back with it */
};
int target_stage(struct target *t, struct served *v, const struct build *b,
                 struct staged *out, struct err *e);
/* The generation before, as a new generation: for undo. */
int target_stage_undo(struct target *t, struct served *v, struct staged *out,
                      struct err *e);
/* It is what serves already, by another compiler: no generation of its own. */
void target_uncount(struct staged *s);
/* Whether that is tcc's name; NULL: nobody's. */
bool target_is_by_tcc(const char *compiler);
/* "fast" or "optimised". */
const char *target_tier_name(const char *compiler);
/* What people call a generation: changes of the tier do not count. */
uint64_t target_shown(const struct served *v, uint64_t generation);
/* The live one's, for a %llu. */
unsigned long long target_live(const struct served *v);
/* The tier to compile this module in next, where `usual` is the session's:
 * without tcc where that fails or gains nothing; now and then it is tried
 * again. */
enum compile_tier target_tier(const struct served *v,
                              enum compile_tier usual);
/* Learns from a build that the module had. */
void target_learn(struct served *v, const struct build *b,
                  enum compile_tier tier);
/* Both compilers' builds of the same sources lay out their structs alike;
 * `artefact` is tcc's. */
void target_agree(struct served *v, const char *artefact);
/* They do not. False when that has been told before. */
bool target_disagree(struct served *v, const char *why);
/* Makes it the live one (the caller writes the manifest). Empties `s`. */
void target_commit(struct target *t, struct staged *s);
/* A worker refused it: keeps its artefact for target_promote and removes the
 * image. Empties `s`. */
void target_refuse(struct staged *s);
/* Says of the live one that an undo has brought it back. */
void target_mark_undone(struct served *v);
/* Says of the live one that what the source says has crashed. */
void target_mark_fallen(struct served *v);
/* What serves is what the source says again. */
void target_follow_source(struct served *v);
/* Makes what was refused the live one, for workers to come, `is_undone` where
 * an undo had asked for it. The caller writes the manifest. */
int target_promote(struct target *t, struct served *v, struct err *e);
/* Removes the image. Empties `s`. */
void target_drop(struct staged *s);

/* The live generation crashed in a call, at `site`: its code is not loaded
 * again (condemned.h). */
void target_condemn(struct served *v, const char *site);
/* Nothing serves any more: importing it raises `text`. The caller writes the
 * manifest. */
void target_bury(struct target *t, struct served *v, const char *text);
/* Keeps the words of a failed build for whoever imports the module now. */
void target_fail(struct target *t, struct served *v, const struct build *b,
                 const char *root);
int target_write_manifest(const struct target *t, struct err *e);
void target_dispose(struct target *t);

#endif
