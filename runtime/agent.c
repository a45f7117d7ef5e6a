/* agent: see agent.h. Here: the thread, its line and what it tells. What it
 * does when asked is in orders.c. */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drain.h"
#include "gil.h"
#include "late.h"
#include "line.h"
#include "orders.h"
#include "record.h"
#include "retire.h"
#include "tags.h"
#include "wire/msg.h"

#include "guard.h"

/* The user's init runs on this stack during a prepare: it is room for deep
 * imports, and costs only what is touched. */
#define STACK_BYTES (4u << 20)
#define STOP_WAIT_S 1
/* What is in use of the agent's stack while it waits is its own; a look for
 * addresses begins above it. */
#define STACK_OURS 256

struct loaded {
    char *name;
    uint64_t generation;
    bool is_told;
};

static struct {
    pthread_mutex_t lock; /* guards everything here */
    pthread_cond_t done;
    char *session, *soabi, *executable, *version; /* set once */
    pthread_t thread;
    bool is_running; /* `thread` exists in this process */
    bool is_wanted;  /* … or should, after a fork */
    bool is_done;    /* it has left its loop */
    bool should_stop;
    struct handle wake_in, wake_out; /* a pipe's reading and writing end */
    struct loaded *loaded;
    size_t loaded_count;
} agent = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .done = PTHREAD_COND_INITIALIZER,
    .wake_in = {.fd = -1},
    .wake_out = {.fd = -1},
};

static int
say_hello(const struct line *l)
{
    struct buf b = BUF_INIT;
    pthread_mutex_lock(&agent.lock);
    msg_start(&b, MSG_HELLO);
    msg_put_u64(&b, (uint64_t)getpid());
    msg_put_u64(&b, (uint64_t)getppid());
    msg_put_str(&b, agent.soabi);
    msg_put_str(&b, agent.executable);
    msg_put_str(&b, agent.version);
    msg_put_u64(&b, agent.loaded_count);
    for (size_t i = 0; i < agent.loaded_count; i++) {
        msg_put_str(&b, agent.loaded[i].name);
        msg_put_u64(&b, agent.loaded[i].generation);
        agent.loaded[i].is_told = true;
    }
    pthread_mutex_unlock(&agent.lock);
    return line_send(l, &b);
}

/* Writes one module that the bench does not know of yet; false: none. */
static bool
next_untold(struct buf *b)
{
    bool is_whole = false;
    pthread_mutex_lock(&agent.lock);
    for (size_t i = 0; !is_whole && i < agent.loaded_count; i++) {
        if (!agent.loaded[i].is_told) {
            msg_start(b, MSG_LOADED);
            msg_put_str(b, agent.loaded[i].name);
            msg_put_u64(b, agent.loaded[i].generation);
            is_whole = !b->is_broken; /* else the next wake tells it */
            agent.loaded[i].is_told = is_whole;
        }
    }
    pthread_mutex_unlock(&agent.lock);
    if (!is_whole) {
        buf_dispose(b);
    }
    return is_whole;
}

/* All that `next` writes, until there is no more. */
static int
tell(const struct line *l, bool (*next)(struct buf *b))
{
    struct buf b = BUF_INIT;
    while (next(&b)) {
        if (line_send(l, &b) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Everything that has arrived; -1 when the line is gone or unusable. */
static int
read_orders(struct line *l)
{
    if (line_read(l) < 0) {
        return -1;
    }
    for (;;) {
        struct msg m;
        size_t taken = 0;
        int found = msg_parse(&l->in, &m, &taken, NULL);
        if (found <= 0) {
            return found;
        }
        int done = orders_handle(&m, &l->answer);
        buf_consume(&l->in, taken);
        if (line_answer(l) < 0) {
            return -1;
        }
        orders_tidy();
        retire_unused();
        if (done < 0) {
            return -1;
        }
    }
}

static bool
is_stopping(void)
{
    pthread_mutex_lock(&agent.lock);
    bool stop = agent.should_stop;
    pthread_mutex_unlock(&agent.lock);
    return stop;
}

struct waiting {
    const struct line *line;
    const struct handle *wake;
};

static bool
has_work(void *data)
{
    const struct waiting *w = data;
    struct pollfd polls[2] = {{.fd = w->line->socket.fd, .events = POLLIN},
                              {.fd = w->wake->fd, .events = POLLIN}};
    return poll(polls, 2, 0) != 0;
}

/* Nobody asks for anything: old images may go. */
static int
retire(const struct line *l, const struct handle *wake, uintptr_t base)
{
    struct waiting w = {l, wake};
    struct retire_caller caller = {has_work, &w, base};
    struct buf b = BUF_INIT;
    if (!orders_wait_for_prepare()) {
        retire_step(&caller);
    }
    if (retire_tell(&b) && line_send(l, &b) < 0) {
        return -1;
    }
    struct buf more = BUF_INIT;
    return tags_tell(&more) ? line_send(l, &more) : 0;
}

static int
wait_ms(void)
{
    int retire_ms = orders_wait_for_prepare() ? -1 : retire_wait_ms();
    int drain_ms = drain_wait_ms();
    bool is_drain = drain_ms >= 0 && (retire_ms < 0 || drain_ms < retire_ms);
    return is_drain ? drain_ms : retire_ms;
}

/* What needs the GIL, one way or another. -1: the line is over. */
static int
work(struct line *l, const struct handle *wake, bool is_idle, uintptr_t base)
{
    late_work(!is_idle);
    int done = is_idle ? 0 : read_orders(l);
    if (is_idle) {
        done = tell(l, drain_tell) < 0 ? -1 : retire(l, wake, base);
    }
    gil_rest();
    late_work(false);
    return done;
}

/* Closed by the app, a descriptor still wakes who polls it: each is looked
 * at again before it is read. */
static void
serve(struct line *l, const struct handle *wake)
{
    uintptr_t base = (uintptr_t)__builtin_frame_address(0) + STACK_OURS;
    if (work(l, wake, true, base) < 0) {
        return;
    }
    while (handle_is_ours(&l->socket) && handle_is_ours(wake)) {
        struct pollfd polls[2] = {{.fd = l->socket.fd, .events = POLLIN},
                                  {.fd = wake->fd, .events = POLLIN}};
        int found = poll(polls, 2, wait_ms());
        if ((found < 0 && errno != EINTR) || !handle_is_ours(&l->socket)
            || !handle_is_ours(wake))
        {
            return;
        }
        if (found == 0 && work(l, wake, true, base) < 0) {
            return;
        }
        if (polls[1].revents != 0) {
            char bytes[64];
            (void)!read(wake->fd, bytes, sizeof(bytes));
            if (is_stopping()) {
                struct buf b = BUF_INIT;
                msg_start(&b, MSG_FAREWELL);
                (void)line_send(l, &b);
                return;
            }
            if (tell(l, next_untold) < 0 || tell(l, record_tell) < 0) {
                return;
            }
        }
        if (polls[0].revents != 0 && work(l, wake, false, base) < 0) {
            return;
        }
    }
}

static void *
run(void *unused)
{
    (void)unused;
    struct line l = {{.fd = -1}, BUF_INIT, BUF_INIT};
    pthread_mutex_lock(&agent.lock);
    struct handle wake = agent.wake_in;
    pthread_mutex_unlock(&agent.lock);
    retire_forget_told();
    drain_forget();
    bool is_attached = gil_attach(is_stopping);
    if (is_attached) {
        tags_forget_told();
    }
    if (is_attached && line_open(&l, agent.session) == 0
        && say_hello(&l) == 0)
    {
        late_begin(&l.socket);
        serve(&l, &wake);
    }
    late_end();
    line_close(&l);
    if (is_attached) {
        orders_forget();
        record_forget();
        gil_detach();
    }
    pthread_mutex_lock(&agent.lock);
    agent.is_done = true;
    pthread_cond_broadcast(&agent.done);
    pthread_mutex_unlock(&agent.lock);
    return NULL;
}

/* With the lock. False: nobody can be woken. */
static bool
wake(void)
{
    return agent.is_running && handle_is_ours(&agent.wake_out)
           && write(agent.wake_out.fd, "", 1) == 1;
}

/* With the lock. */
static int
open_wake(struct err *e)
{
    int ends[2];
    handle_close(&agent.wake_in);
    handle_close(&agent.wake_out);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0
        || handle_take(&agent.wake_in, ends[0]) < 0
        || handle_take(&agent.wake_out, ends[1]) < 0)
    {
        return err_set(e, ERR_SYSTEM, "no descriptor for the agent:");
    }
    return 0;
}

/* The app's signals are its own threads'. A fault of ours is nobody else's: a
 * thread that blocks it is killed without a word (crash.c). */
static void
fill_mask(sigset_t *all)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    sigfillset(all);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        sigdelset(all, faults[i]);
    }
}

/* With the lock. Signals are the app's: none is delivered here. */
static int
launch(struct err *e)
{
    pthread_attr_t attr;
    sigset_t all;
    sigset_t before;
    if (open_wake(e) < 0) {
        return -1;
    }
    agent.is_done = false;
    agent.should_stop = false;
    agent.is_wanted = true;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    fill_mask(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&agent.thread, &attr, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (failed != 0) {
        errno = failed;
        return err_set(e, ERR_SYSTEM, "the agent's thread does not start:");
    }
    agent.is_running = true;
    return 0;
}

static void
before_fork(void)
{
    pthread_mutex_lock(&agent.lock);
}

static void
after_fork_in_parent(void)
{
    pthread_mutex_unlock(&agent.lock);
}

/* The thread did not come along. Whether there will be another one is for
 * agent_restart, where Python may be called again. */
static void
after_fork_in_child(void)
{
    late_end();
    agent.done = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    agent.is_running = false;
    pthread_mutex_unlock(&agent.lock); /* this thread took it before */
}

int
agent_start(const struct agent_self *self, struct err *e)
{
    if (agent.session != NULL) {
        return 0;
    }
    agent.soabi = strdup(self->soabi);
    agent.executable = strdup(self->executable);
    agent.version = strdup(self->version);
    agent.session = strdup(self->session);
    if (agent.soabi == NULL || agent.executable == NULL
        || agent.version == NULL || agent.session == NULL)
    {
        return err_set(e, ERR_SYSTEM, "out of memory for the agent");
    }
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    pthread_mutex_lock(&agent.lock);
    int done = launch(e);
    pthread_mutex_unlock(&agent.lock);
    return done;
}

void
agent_restart(void)
{
    pthread_mutex_lock(&agent.lock);
    if (agent.is_wanted && !agent.is_running) {
        orders_abandon();
        (void)launch(NULL);
    }
    pthread_mutex_unlock(&agent.lock);
}

/* With the lock. */
static struct loaded *
entry_of(const char *name)
{
    for (size_t i = 0; i < agent.loaded_count; i++) {
        if (strcmp(agent.loaded[i].name, name) == 0) {
            return &agent.loaded[i];
        }
    }
    struct loaded *grown = realloc(
        agent.loaded, (agent.loaded_count + 1) * sizeof(*grown));
    char *copy = strdup(name);
    if (grown != NULL) {
        agent.loaded = grown;
    }
    if (grown == NULL || copy == NULL) {
        free(copy);
        return NULL;
    }
    agent.loaded[agent.loaded_count] = (struct loaded){copy, 0, false};
    return &agent.loaded[agent.loaded_count++];
}

void
agent_loaded(const char *name, uint64_t generation)
{
    agent_restart(); /* does nothing unless a fork of C code went unnoticed */
    pthread_mutex_lock(&agent.lock);
    struct loaded *entry = entry_of(name);
    if (entry != NULL && entry->generation != generation) {
        entry->generation = generation;
        entry->is_told = false;
    }
    (void)wake();
    pthread_mutex_unlock(&agent.lock);
}

void
agent_nudge(void)
{
    pthread_mutex_lock(&agent.lock);
    (void)wake();
    pthread_mutex_unlock(&agent.lock);
}

/* A committed swap is told by its own answer. */
void
agent_moved(const char *name, uint64_t generation)
{
    pthread_mutex_lock(&agent.lock);
    struct loaded *entry = entry_of(name);
    if (entry != NULL) {
        entry->generation = generation;
        entry->is_told = true;
    }
    pthread_mutex_unlock(&agent.lock);
}

/* With the lock; lets go of it while waiting. */
static void
await_end(bool is_woken)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_WAIT_S;
    int waited = 0;
    while (is_woken && !agent.is_done && waited == 0) {
        waited = pthread_cond_timedwait(&agent.done, &agent.lock, &until);
    }
    bool ended = agent.is_done;
    pthread_t thread = agent.thread;
    agent.is_running = false;
    agent.is_wanted = false;
    pthread_mutex_unlock(&agent.lock);
    if (ended) {
        pthread_join(thread, NULL);
    }
    else {
        pthread_detach(thread);
    }
    pthread_mutex_lock(&agent.lock);
}

void
agent_stop(void)
{
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&agent.lock);
    if (agent.is_running) {
        agent.should_stop = true;
        await_end(wake());
    }
    pthread_mutex_unlock(&agent.lock);
    Py_END_ALLOW_THREADS
}

bool
agent_is_this_thread(void)
{
    return agent.is_running && pthread_equal(pthread_self(), agent.thread);
}
