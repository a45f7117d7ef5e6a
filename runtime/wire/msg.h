/* msg: the words that the bench, its guests and its clients say to each other
 * over the session's Unix socket.
 *
 * A message on the wire is a header of eight bytes (u32 length of the
 * payload, u16 type, u16 MSG_VERSION; all little-endian) and a payload of
 * fields in the fixed order given beside each type: u64 is eight bytes, str
 * is a u32 length and bytes without NUL, list is a u64 count and that many
 * items. A reader that meets a short payload, a longer one, another version
 * or more than MSG_MAX bytes fails and closes: never guesses.
 *
 * Neither side blocks inside these functions except msg_send and msg_recv,
 * which say so. One thread owns a msg.
 */
#ifndef COWBIRD_WIRE_MSG_H
#define COWBIRD_WIRE_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/buf.h"
#include "wire/err.h"

#define MSG_VERSION 1
#define MSG_HEADER 8
#define MSG_MAX (16u << 20) /* bytes of payload */

enum msg_type {
    /* guest → bench, first on a connection: u64 pid, u64 parent pid,
     * str soabi ("cpython-311-x86_64-linux-gnu"), str executable,
     * str python version ("3.11.7"),
     * list of modules {str name, u64 generation} already imported */
    MSG_HELLO = 1,
    /* guest → bench, one more module was imported: str name,
     * u64 generation */
    MSG_LOADED = 2,
    /* bench → guest, make a swap ready and touch nothing: u64 txn,
     * list of modules {str name, str stem, u64 generation, str artefact,
     * str source, str saved ("14:02:11", or empty: another compiler's build
     * of what was saved before), u64 shown, str tier}; paths are absolute;
     * the last two are module.__cowbird__'s: the generation as people count
     * it, without changes of the tier, and "fast" or "optimised" */
    MSG_PREPARE = 3,
    /* guest → bench: u64 txn, u64 verdict (enum msg_verdict), str reason
     * (empty when ready; else a sentence, then optionally a traceback in the
     * lines that follow), hold without the user's init (struct msg_hold),
     * u64 init_ns spent in the user's init,
     * str name of the module that is not ready, empty when all are */
    MSG_PREPARED = 4,
    /* bench → guest: u64 txn */
    MSG_COMMIT = 5,
    /* guest → bench (or MSG_PREPARED with VERDICT_BUSY, and nothing has
     * moved): u64 txn, hold (struct msg_hold),
     * u64 waited_ns for the GIL, list of modules {str name, list of str
     * swapped, list of str added, list of str removed (function names),
     * list of str state: what became of variables that are not carried,
     * "count in tick() reset: its initialiser changed (3 to 5)",
     * list of {str type, u64 objects}: whose objects a migrate hook has
     * moved; "" is the module's own state} */
    MSG_COMMITTED = 6,
    /* bench → guest, forget a prepared swap: u64 txn; no answer */
    MSG_ABORT = 7,
    /* guest → bench, ends by itself: no fields */
    MSG_FAREWELL = 8,
    /* hook → bench, a Python that the session was not built for:
     * str soabi, str executable */
    MSG_ABI_ASK = 9,
    /* bench → hook: str reason, empty when the manifest for that ABI is
     * there now */
    MSG_ABI_READY = 10,
    /* client → bench: no fields */
    MSG_STATUS_ASK = 11,
    /* bench → client: str JSON object (its shape: cli/status.c), str the
     * same for people */
    MSG_STATUS = 12,
    /* client → bench: str module name. Answered by MSG_DONE */
    MSG_UNDO_ASK = 13,
    /* bench → client: u64 status (0 done), str what was done or why not,
     * then optionally what helps in the line that follows */
    MSG_DONE = 14,
    /* bench → canary: u64 id, u64 deadline_ms, str name, str stem,
     * str artefact, str source */
    MSG_TRY = 15,
    /* canary → bench: u64 id, u64 verdict (enum msg_verdict), str reason,
     * u64 pid of the fork that it was tried in (0: none), whose record of
     * where it crashed or hung (wire/crash.h) is in the canary's folder */
    MSG_TRIED = 16,
    /* guest → bench, whenever it has changed: u64 images unloaded so far,
     * hold (struct msg_hold) while looking for what needs old images and
     * letting go of them, list of old images that are still loaded {str module
     * name, u64 generation, u64 1 when it can never be unloaded, str reason,
     * empty while it is not known} */
    MSG_IMAGES = 17,
    /* client → bench: no fields. Answered by MSG_DONE when the app has been
     * started again, or why it will not be */
    MSG_RESTART_ASK = 18,
    /* bench → guest: u64 id, list of str path: Python files that were saved */
    MSG_IMPORTED_ASK = 19,
    /* guest → bench: u64 id, u64 1 when one of them is what a module was
     * imported from, or what an import that failed may have looked for */
    MSG_IMPORTED = 20,
    /* guest → bench, the call has ended that a change of a module was put off
     * for (VERDICT_BUSY): str module name */
    MSG_DRAINED = 21,
    /* guest → bench, now and then: list of types that are using up their
     * version tags {str type name, u64 used, u64 of how many} */
    MSG_TAGS = 22,
    /* bench → guest, keep the arguments of calls of a function: u64 id,
     * str module, str function, u64 calls (0: no more, whatever is asked
     * under this id) */
    MSG_RECORD = 23,
    /* guest → bench, to that: u64 id, str why not (empty: it does; else a
     * sentence, and what helps in the line that follows), str working folder,
     * list of str sys.path */
    MSG_RECORDING = 24,
    /* guest → bench, a call was made: u64 id, str (args, named) in base64 of
     * a pickle, empty when there is none, str why there is none */
    MSG_RECORDED = 25,
    /* client → bench: str module name. Answered by MSG_SERVED, or by MSG_DONE
     * when there is no such module */
    MSG_SERVED_ASK = 26,
    /* bench → client: str executable of the app's Python, str artefact that
     * serves (empty: none), str its compiler, str content of its sources
     * (digest, empty: unknown), str artefact of the save before (empty:
     * none), str its compiler, list of modules {str name, str stem,
     * str artefact, str source} that serve */
    MSG_SERVED = 27,
    /* client → bench, record calls in all workers: str module, str function,
     * u64 calls, u64 wait_ms. Answered by a MSG_CALL for each and MSG_CALLS at
     * the end */
    MSG_CALLS_ASK = 28,
    /* bench → client: as in MSG_RECORDED without the id */
    MSG_CALL = 29,
    /* bench → client: u64 status (0: recorded for as long as was asked),
     * str why not (as in MSG_DONE), str working folder of the app, list of
     * str sys.path */
    MSG_CALLS = 30,
    /* bench → guest, open the images of a swap that is still being tried
     * elsewhere, as far as that runs none of their code: as MSG_PREPARE. No
     * answer; MSG_PREPARE or MSG_ABORT of that txn follows */
    MSG_OPEN = 31,
    /* bench → guest: u64 1, it did not answer in time, and serves nobody
     * before it has caught up; u64 0, it has, or will not */
    MSG_LATE = 32,
    /* bench → guest: u64 0, there is another worker */
    MSG_COMPANY = 33
};

enum msg_verdict {
    VERDICT_READY = 0,
    VERDICT_REFUSED = 1, /* understood, must not go live: the reason says */
    VERDICT_FAILED = 2,  /* the new code's own load or init failed */
    VERDICT_CRASHED = 3, /* canary only: a signal or an exit */
    VERDICT_HUNG = 4,    /* canary only: the deadline passed */
    VERDICT_BUSY = 5     /* put off: the reason says which call is in flight;
                            MSG_DRAINED follows when it has ended */
};

/* What it cost the app that we had the GIL, several times perhaps. Four u64
 * on the wire. */
struct msg_hold {
    uint64_t held_ns;   /* the longest single time, by the clock */
    uint64_t worked_ns; /* the most that was computed in a single one */
    uint64_t preempted; /* how often in all the kernel took the core away */
    uint64_t faults;    /* pages that were missing, in all */
};

void msg_hold_join(struct msg_hold *all, const struct msg_hold *one);

/* Writing: start, put fields, send (or take the bytes of `b`). */
void msg_start(struct buf *b, enum msg_type type);
void msg_put_u64(struct buf *b, uint64_t value);
void msg_put_hold(struct buf *b, const struct msg_hold *hold);
void msg_put_str(struct buf *b, const char *text);
/* Writes the length into the header. -1 when broken or too large. */
int msg_finish(struct buf *b, struct err *e);

/* Reading a payload. After any failure every further get yields 0 or "";
 * msg_end tells whether all was well and nothing is left over. */
struct msg {
    uint16_t type;
    const char *at;  /* next byte, borrowed from the buffer that was read */
    const char *end; /* one past the last */
    bool is_bad;
    bool is_short; /* … for want of memory, whatever the message says */
};

uint64_t msg_get_u64(struct msg *m);
struct msg_hold msg_get_hold(struct msg *m);
/* A fresh terminated copy that the caller frees; NULL when out of memory or
 * bad (is_bad is set). Text with a NUL inside is bad. */
char *msg_get_str(struct msg *m);
/* A count whose items need at least `least` bytes each: a larger count than
 * the payload can hold is bad and yields 0. */
uint64_t msg_get_count(struct msg *m, size_t least);
int msg_end(struct msg *m, struct err *e);

/* Takes one whole message off the front of `in`: 1 and `m` filled (borrowing
 * `in`, of `*taken` bytes to consume afterwards), 0 when more bytes are
 * needed, -1 when the bytes are no message of ours. */
int msg_parse(const struct buf *in, struct msg *m, size_t *taken,
              struct err *e);

/* Blocking, with a deadline in milliseconds (-1: none). */
int msg_send(int fd, const struct buf *b, int timeout_ms, struct err *e);
/* Reads until `in` holds one whole message and parses it, as msg_parse. */
int msg_recv(int fd, struct buf *in, struct msg *m, size_t *taken,
             int timeout_ms, struct err *e);

#endif
