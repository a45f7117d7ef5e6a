/* loop: the bench's one event loop: descriptors and deadlines, each with a
 * callback. One thread runs it; callbacks may add and remove anything,
 * themselves included.
 */
#ifndef COWBIRD_LOOP_H
#define COWBIRD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/err.h"

struct loop;

/* `events` are poll(2)'s. */
typedef void (*loop_fd_fn)(void *data, int fd, short events);
typedef void (*loop_timer_fn)(void *data);

struct loop *loop_new(void);
/* Does not close the descriptors. */
void loop_free(struct loop *l);

/* Calls `fn` whenever `fd` has one of `events` (or an error or hang-up).
 * A second call for the same fd replaces the first. `data` is borrowed. */
void loop_add_fd(struct loop *l, int fd, short events, loop_fd_fn fn,
                 void *data);
void loop_remove_fd(struct loop *l, int fd);

/* Calls `fn` once at `at_ns` of clock_now_ns. Returns an id, never 0. */
unsigned loop_add_timer(struct loop *l, int64_t at_ns, loop_timer_fn fn,
                        void *data);
/* 0 and ids that have fired are ignored. */
void loop_remove_timer(struct loop *l, unsigned id);

/* Waits for one round of events and calls what is due; at most until
 * `until_ns` (-1: no limit). */
int loop_step(struct loop *l, int64_t until_ns, struct err *e);
/* Steps until loop_stop. */
int loop_run(struct loop *l, struct err *e);
void loop_stop(struct loop *l);

#endif
