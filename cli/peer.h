/* peer: everybody who is connected to the session's socket: workers (a
 * process that has imported a native module), hooks that ask for an ABI, and
 * clients such as `cowbird status`.
 *
 * Owns the connections, frames messages, checks the uid of the other side
 * (SO_PEERCRED, unix(7)) and keeps what a worker said of itself. What a
 * message means is the business of whoever set the handler. Runs on the
 * bench's loop.
 */
#ifndef COWBIRD_PEER_H
#define COWBIRD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "wire/buf.h"
#include "wire/msg.h"

struct peers;

struct peer_module {
    char *name;
    uint64_t generation;
    uint64_t asked; /* in the PREPARE that it got last; 0: not in it */
};

/* A type that uses up its version tags (see runtime/tags.h). */
struct peer_tags {
    char *type;
    uint64_t used, most;
    uint64_t warned; /* what `used` was when it was last said */
};

/* An old image that a worker has not unloaded. */
struct peer_image {
    char *name; /* of the module */
    uint64_t generation;
    bool is_pinned; /* it never can */
    char *why;      /* empty while nobody knows */
};

/* What a worker has been asked and not yet answered. */
enum peer_step {
    PEER_IDLE,
    PEER_OPENING,   /* OPEN sent, which is not answered */
    PEER_ASKED,     /* PREPARE sent */
    PEER_READY,     /* answered: ready */
    PEER_COMMITTING /* COMMIT sent */
};

struct peer {
    struct peers *owner;
    int fd;
    struct buf in, out;
    bool is_worker;   /* it said HELLO: the fields below are filled */
    bool is_farewell; /* it said that it ends */
    long pid, ppid;
    char *soabi;
    char *executable;
    char *version;
    struct peer_module *modules; /* what it has imported, and the generation
                                    that its next call runs */
    size_t module_count;
    size_t ranked_count; /* of them, in served.imported already */
    struct peer_image *images; /* old ones that it still holds */
    size_t image_count;
    struct peer_tags *tags;
    size_t tags_count;
    uint64_t unloaded;         /* how many it has let go */
    struct msg_hold look_holds; /* of its GIL, by looking for what needs
                                   them and letting go */
    bool is_full;              /* said that it keeps too many */
    bool is_late;   /* did not answer in time; taken back when it does */
    bool was_late;  /* and is on its way back */
    bool is_told_late; /* and knows it (MSG_LATE) */
    bool has_company;  /* knows that there are more workers */
    enum peer_step step;
    uint64_t txn;      /* of the step */
    bool is_catch_up;  /* the txn is its own, not everybody's */
    struct peer *next;
    bool is_cut;    /* nothing is sent any more; its end is on its way */
    bool is_dead;   /* to be freed when no callback can hold it any more */
};

struct peer_handler {
    void *data;
    /* A worker said HELLO, or imported one more module. */
    void (*on_worker)(void *data, struct peer *p);
    /* A worker's types have used up more of their version tags. */
    void (*on_tags)(void *data, struct peer *p);
    /* A worker's old images have changed. */
    void (*on_images)(void *data, struct peer *p);
    /* Any other message. The handler reads the fields. */
    void (*on_message)(void *data, struct peer *p, struct msg *m);
    /* The connection ended; `p` is freed afterwards. From the loop only,
     * never from within peer_send. */
    void (*on_gone)(void *data, struct peer *p);
};

/* Accepts on `listen_fd`, which stays the caller's. */
struct peers *peers_new(struct loop *loop, int listen_fd,
                        const struct peer_handler *handler);
void peers_free(struct peers *all);

/* Walks the living: `p` NULL starts, NULL ends. */
struct peer *peers_next(const struct peers *all, const struct peer *p);

/* Finishes `b` as a message and sends it as the socket takes it. */
void peer_send(struct peer *p, struct buf *b);
/* Whether it is to serve nobody before it has caught up; once each way. */
void peer_tell_late(struct peer *p, bool is_late);
/* That there are more workers; once. */
void peer_tell_company(struct peer *p);
/* NULL when this worker has not imported it. Borrowed. */
struct peer_module *peer_module(const struct peer *p, const char *name);
/* Before a new PREPARE. */
void peer_forget_asked(struct peer *p);
/* A process whose children are workers too (gunicorn --preload). */
bool peer_is_master(const struct peer *p);

#endif
