/* agent: see agent.h. Here: the thread, its line and what it tells. What it
 * does when asked is in orders.c. */
#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "orders.h"
#include "wire/msg.h"

#include "guard.h"

/* The user's init runs on this stack during a prepare: it is room for deep
 * imports, and costs only what is touched. */
#define STACK_BYTES (4u << 20)
#define SEND_MS 5000
#define STOP_WAIT_S 1

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
    int wake; /* eventfd; -1: none */
    struct loaded *loaded;
    size_t loaded_count;
} agent = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .done = PTHREAD_COND_INITIALIZER,
    .wake = -1,
};

/* A socket and its identity: an app that daemonizes closes every descriptor,
 * and the number may be somebody else's file afterwards. */
struct line {
    int fd;
    dev_t device;
    ino_t inode;
    struct buf in;
};

static bool
is_ours(const struct line *l)
{
    struct stat s;
    return l->fd >= 0 && fstat(l->fd, &s) == 0 && s.st_dev == l->device
           && s.st_ino == l->inode;
}

/* Whoever listens must be the user who runs the app, or root. */
static bool
is_trusted(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0
           && (peer.uid == geteuid() || peer.uid == 0);
}

static int
line_open(struct line *l, const char *session)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct stat s;
    int len = PyOS_snprintf(to.sun_path, sizeof(to.sun_path), "%s/s",
                            session);
    if (len < 0 || (size_t)len >= sizeof(to.sun_path)) {
        return -1;
    }
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0) {
        return -1;
    }
    if (connect(l->fd, (struct sockaddr *)&to, sizeof(to)) < 0
        || !is_trusted(l->fd) || fstat(l->fd, &s) < 0)
    {
        close(l->fd);
        l->fd = -1;
        return -1;
    }
    l->device = s.st_dev;
    l->inode = s.st_ino;
    return 0;
}

static void
line_close(struct line *l)
{
    if (is_ours(l)) {
        close(l->fd);
    }
    l->fd = -1;
    buf_dispose(&l->in);
}

static int
line_send(const struct line *l, struct buf *b)
{
    struct err e = ERR_INIT;
    int done = -1;
    if (is_ours(l) && msg_finish(b, &e) == 0) {
        done = msg_send(l->fd, b, SEND_MS, &e);
    }
    buf_dispose(b);
    return done;
}

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
    bool found = false;
    pthread_mutex_lock(&agent.lock);
    for (size_t i = 0; !found && i < agent.loaded_count; i++) {
        if (!agent.loaded[i].is_told) {
            agent.loaded[i].is_told = true;
            msg_start(b, MSG_LOADED);
            msg_put_str(b, agent.loaded[i].name);
            msg_put_u64(b, agent.loaded[i].generation);
            found = true;
        }
    }
    pthread_mutex_unlock(&agent.lock);
    return found;
}

static int
tell_loaded(const struct line *l)
{
    struct buf b = BUF_INIT;
    while (next_untold(&b)) {
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
    char bytes[16384];
    ssize_t n = recv(l->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    if (n == 0) {
        return -1;
    }
    buf_add(&l->in, bytes, (size_t)n);
    for (;;) {
        struct msg m;
        size_t taken = 0;
        struct buf answer = BUF_INIT;
        int found = msg_parse(&l->in, &m, &taken, NULL);
        if (found <= 0) {
            return found;
        }
        int done = orders_handle(&m, &answer);
        buf_consume(&l->in, taken);
        if (answer.len > 0 && line_send(l, &answer) < 0) {
            return -1;
        }
        buf_dispose(&answer);
        orders_tidy();
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

static void
serve(struct line *l, int wake)
{
    while (is_ours(l)) {
        struct pollfd polls[2] = {{.fd = l->fd, .events = POLLIN},
                                  {.fd = wake, .events = POLLIN}};
        if (poll(polls, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (polls[1].revents != 0) {
            eventfd_t count;
            (void)eventfd_read(wake, &count);
            if (is_stopping()) {
                struct buf b = BUF_INIT;
                msg_start(&b, MSG_FAREWELL);
                (void)line_send(l, &b);
                return;
            }
            if (tell_loaded(l) < 0) {
                return;
            }
        }
        if (polls[0].revents != 0 && read_orders(l) < 0) {
            return;
        }
    }
}

static void *
run(void *arg)
{
    int wake = (int)(intptr_t)arg;
    struct line l = {.fd = -1, .in = BUF_INIT};
    if (line_open(&l, agent.session) == 0 && say_hello(&l) == 0) {
        serve(&l, wake);
    }
    line_close(&l);
    orders_forget();
    pthread_mutex_lock(&agent.lock);
    agent.is_done = true;
    pthread_cond_broadcast(&agent.done);
    pthread_mutex_unlock(&agent.lock);
    return NULL;
}

/* With the lock. Signals are the app's: none is delivered here. */
static int
launch(struct err *e)
{
    pthread_attr_t attr;
    sigset_t all;
    sigset_t before;
    agent.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (agent.wake < 0) {
        return err_set(e, ERR_SYSTEM, "no descriptor for the agent:");
    }
    agent.is_done = false;
    agent.should_stop = false;
    agent.is_wanted = true;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&agent.thread, &attr, run,
                                (void *)(intptr_t)agent.wake);
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
    agent.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    agent.done = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    agent.is_running = false;
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
        if (agent.wake >= 0) {
            close(agent.wake);
        }
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
    if (agent.is_running) {
        (void)eventfd_write(agent.wake, 1);
    }
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
await_end(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_WAIT_S;
    int waited = 0;
    while (!agent.is_done && waited == 0) {
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
        (void)eventfd_write(agent.wake, 1);
        await_end();
    }
    pthread_mutex_unlock(&agent.lock);
    Py_END_ALLOW_THREADS
}

bool
agent_is_this_thread(void)
{
    return agent.is_running && pthread_equal(pthread_self(), agent.thread);
}
