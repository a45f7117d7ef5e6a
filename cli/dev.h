/* dev: one `run --dev` session as a whole, and the rooms that share it.
 *
 * dev.c begins and ends it; app.c is the app's life and the signals; saves.c
 * turns changes into transactions; workers.c answers whoever connects;
 * crashes.c goes back from code that crashed; status.c tells what is live. All
 * of it runs on the one loop of the bench's main thread.
 */
#ifndef COWBIRD_DEV_H
#define COWBIRD_DEV_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "beside.h"
#include "child.h"
#include "config.h"
#include "graph.h"
#include "launch.h"
#include "loop.h"
#include "peer.h"
#include "session.h"
#include "target.h"
#include "transaction.h"
#include "watch.h"

struct crashed;
struct extensions;
struct known_file;
struct recording;
struct tiers;

struct dev {
    const struct config *config; /* borrowed, as the next four */
    struct toolchain *chain;
    struct extensions *extensions;
    struct graph *graph;
    const char *app;             /* APP.py as given, or NULL */

    struct loop *loop;
    struct session session;
    struct watch *watch;
    char *app_folder; /* sys.path[0] of the app: its Python is watched */
    struct peers *peers;
    struct txn_env env; /* with the targets, which it owns */
    struct beside beside; /* stubs and compile_commands.json */

    unsigned warm_timer;       /* 0: the first compilers are warm */
    struct tiers *tiers;       /* optimised builds to come; NULL: none yet */

    struct txn *txn;           /* on its way, or NULL */
    struct peer *undo_client;  /* who asked for it, when it is an undo */
    struct module *undo_waits; /* … for the end of a change of the tier */
    struct peer *restart_client; /* who asked for a restart, or NULL */
    bool is_restart_asked;       /* and it has not begun */
    struct recording *recording; /* of calls, for a client; or NULL */
    struct list pending;       /* paths saved since `txn` began */
    unsigned cancelled;        /* transactions in a row that a newer save
                                  has ended */
    struct module_set retry;   /* modules of a cancelled transaction */
    struct module_set held;    /* saved, without fault, but kept from going
                                  live by others: part of the next change */
    struct module_set blamed;  /* a change of a header does not compile in
                                  them: who includes it too waits for them */
    bool has_header_change;    /* in `txn` and what will join it */
    struct module_set waits;   /* saved, and put off for a call in flight … */
    int64_t waits_since_ns;    /* … since then */
    bool pending_everything;
    bool pending_structural;
    bool pending_extensions;   /* setup.py or one of its kind changed */
    struct list pending_python; /* .py files that really changed */
    struct list asked_python;   /* those of which workers have been asked */
    uint64_t python_id;         /* of that question */
    unsigned python_waiting;    /* workers that have not answered it */
    unsigned python_timer;
    bool is_python_due;         /* one has: the app is to be restarted */
    int64_t pending_saved_ns;
    uint64_t last_import; /* the highest served.imported */
    struct known_file *known;  /* digests of .py files seen */
    size_t known_count;

    struct crashed *crashed; /* generations to go back from */
    size_t crashed_count;
    bool has_open_crash; /* and no worker has come since */
    bool is_restart_due; /* the app died of it: started again after that */

    struct launch launch;
    struct child child;
    long app_pid;      /* of the app that started last */
    bool is_waiting;   /* the app ended; the next save starts it again */
    bool is_stopping;  /* for a restart */
    bool was_restarted;
    int64_t restart_ns;
    const char *restart_why; /* of the one on its way; a constant */
    int end_signal;    /* the signal that ends the session, or 0 */
    bool is_over;
    int signal_fd;     /* -1 until app_open_signals */
    char *pyproject;   /* there or not */
    struct digest config_said; /* of what its [tool.cowbird] said */
    int records_fd;    /* tells of crashes' records; -1: nobody does */
    sigset_t given;    /* the mask that we, and so the app, started with */
    int wait_status;   /* the app's last, as wait(2) has it */
    bool has_status;
};

struct dev_options {
    const struct config *config;
    struct toolchain *chain;
    struct extensions *extensions;
    struct graph *graph;
    struct python *python;    /* taken over */
    const char *app;          /* or NULL */
    const struct list *words;
    const struct list *command;
    int64_t started_ns;
};

/* Runs the session to its end. Returns the exit status; a death of the app by
 * signal is repeated on ourselves instead. */
int dev_run(const struct dev_options *o);

/* app.c: how long what the app left behind may take to end. */
#define APP_SWEEP_MS 1000
/* Until app_open_signals an interrupt ends us at once: the first compile
 * blocks, and nothing is there yet that would have to be cleared away. */
void app_end_at_once(void);
/* Hears the session's signals on the loop from now on. */
void app_open_signals(struct dev *d);
/* Starts the app, unless an interrupt came first: then the session is over. */
int app_begin(struct dev *d, struct err *e);
/* Ends the app and starts it again. `why` for the line about it. */
void app_restart(struct dev *d, const char *why);

/* saves.c: what watch calls, and what runs when a transaction is over. */
void saves_take(void *data, const struct change *change);
bool saves_is_interesting(void *data, const char *path, bool is_dir);
/* A call has ended, or a worker that it was in: what was put off is tried
 * again. */
void saves_drained(struct dev *d);
/* Its sources and headers that lie outside the folders under watch, or in
 * one that is left out there. */
void saves_watch_files(struct dev *d, const struct module *m);
/* Starts what is pending when nothing is on its way. */
void saves_pump(struct dev *d);
void saves_over(void *data, struct txn *t);
void saves_dispose(struct dev *d);

/* py_saves.c: a Python file was saved. */
void py_saves_take(struct dev *d, const char *path);
/* True when the app is to be restarted for what was taken; while workers are
 * asked whether they have imported it, false, and saves_pump runs again when
 * they have answered. */
bool py_saves_settle(struct dev *d);
/* The app starts again, and with that on what was saved. */
void py_saves_forget(struct dev *d);
void py_saves_answer(struct dev *d, struct msg *m);
void py_saves_dispose(struct dev *d);

/* ahead.c: a moment after the start has compilers wait for the next save of
 * the modules that were edited last; after a transaction, of those that it
 * brought. */
void ahead_begin(struct dev *d);
void ahead_after(const struct dev *d, const struct txn *t);
void ahead_dispose(struct dev *d);

/* tiers.c: whether tcc's builds are followed by optimised ones. */
bool tiers_are_two(const struct dev *d);
/* Asks for the optimised build of what a transaction made live by tcc; what
 * one that is cancelled was to bring. */
void tiers_want(struct dev *d, const struct txn *t);
void tiers_again(struct dev *d, const struct txn *t);
/* Asks for the pieces of what would be the optimised build of its source as it
 * is; for the cache. `v` may be NULL. */
void tiers_ahead(struct dev *d, struct target *t, struct served *v);
/* From the builds of a save: where tcc gains nothing it is left out. */
void tiers_learn(struct dev *d, const struct txn *t);
/* Goes on when nothing else is on its way. */
void tiers_pump(struct dev *d);
/* A newer save of these is about to be compiled. */
void tiers_cancel(struct dev *d, const struct module_set *dirty,
                  int64_t saved_ns);
void tiers_dispose(struct dev *d);

/* workers.c: the peers' handler. */
void workers_handler(struct dev *d, struct peer_handler *h);
struct target *workers_target(const struct dev *d, const char *soabi);
/* The number of a module's generation in a worker, as people count it. */
unsigned long long workers_shown(const struct dev *d, const struct peer *p,
                                 const char *name, uint64_t generation);
/* Makes what was refused live for workers to come: where no worker uses the
 * module, or (`all_gone`) everywhere, because the app has ended. */
void workers_promote(struct dev *d, bool all_gone);
/* Starts the undo that has waited, when nothing is on its way. */
void workers_undo(struct dev *d);
/* Answers the client of an undo, if it is still there. */
void workers_undone(struct dev *d, const struct txn *t);
/* The same for that of a restart: the app runs again, as `text` says. */
void workers_restarted(struct dev *d, const char *text);

/* "no native module 'x' in this session", what helps on the next line. */
void workers_refuse_name(const struct dev *d, const char *name,
                         struct err *e);

/* recordings.c: the questions of `cowbird bench`, and workers' answers. */
void recordings_tell_served(struct dev *d, struct peer *p, struct msg *m);
void recordings_ask(struct dev *d, struct peer *p, struct msg *m);
void recordings_begun(struct dev *d, struct peer *p, struct msg *m);
void recordings_take(struct dev *d, struct peer *p, struct msg *m);
/* A worker has come, or has imported one more module: it records too. */
void recordings_worker(struct dev *d, struct peer *p);
/* A client, or a worker. */
void recordings_gone(struct dev *d, const struct peer *p);
void recordings_dispose(struct dev *d);

/* crashes.c: looks for what dead workers left; `gone` is one that is dead for
 * certain, `is_farewell` when it ended by itself. */
void crashes_look(struct dev *d, long gone, bool is_farewell);
/* Goes back from what crashed, when nothing is on its way. */
void crashes_pump(struct dev *d);
/* A way back that is over: where it failed, workers to come take it. */
void crashes_over(struct dev *d, const struct txn *t);
/* The app is down. True when a crash took it: it is started again. */
bool crashes_restart(struct dev *d);
void crashes_dispose(struct dev *d);

/* config_saves.c: [tool.cowbird] is read once; a save of it says so. */
void config_saves_watch(struct dev *d);
void config_saves_take(struct dev *d, const char *path);

/* crash_records.c: the session is open; tells crashes of those who never said
 * hello when they happen. */
void crash_records_watch(struct dev *d);
void crash_records_end(struct dev *d);

/* catch_up.c: brings a worker, or every one, that is behind to what is
 * live. */
void catch_up_peer(struct dev *d, struct peer *p);
void catch_up_all(struct dev *d);
/* PREPARED or COMMITTED that is not the transaction's. */
void catch_up_take(struct dev *d, struct peer *p, struct msg *m);

/* old_images.c: what workers have not unloaded. */
void old_images_take(void *data, struct peer *p);
void old_images_add_text(const struct dev *d, struct buf *b,
                         const struct peer *p);
void old_images_add_json(const struct dev *d, struct buf *b,
                         const struct peer *p);

/* tags.c: what workers' types have used up. */
void tags_take(void *data, struct peer *p);
void tags_add_text(struct buf *b, const struct peer *p);
void tags_add_json(struct buf *b, const struct peer *p);

/* status.c: both on the heap. */
char *status_json(const struct dev *d);
char *status_text(const struct dev *d);

#endif
