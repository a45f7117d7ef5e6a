/* late: see late.h. What the handler calls is async-signal-safe
 * (signal-safety(7)), or reads a thread-local word (PyGILState_Check,
 * Python/pystate.c of each version). */
#define COWBIRD_MAY_HANDLE_SIGNALS
#include "late.h"

#include "pyabi.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "clock.h"

#include "guard.h"

#define LATE_WAIT_NS 1000000000u
#define LATE_LOOK_NS 200000
#define BENCH_PATIENCE_NS 2000000000u /* WORKER_PATIENCE_MS */

static atomic_int line_fd = -1;
static atomic_bool is_late, is_at_work;

/* Nothing is expected of a line whose other end is gone. */
static bool
is_behind(void)
{
    struct pollfd line = {.fd = atomic_load(&line_fd), .events = POLLIN};
    if (line.fd < 0) {
        return false;
    }
    return atomic_load(&is_late) || atomic_load(&is_at_work)
           || (poll(&line, 1, 0) > 0 && line.revents == POLLIN);
}

static void
await_level(void)
{
    uint64_t until_ns = clock_now_ns() + LATE_WAIT_NS;
    while (is_behind() && clock_now_ns() < until_ns) {
        struct timespec pause = {0, LATE_LOOK_NS};
        nanosleep(&pause, NULL);
    }
}

static void
on_continue(int number)
{
    int saved = errno;
    (void)number;
    if (atomic_load(&line_fd) >= 0 && !PyGILState_Check()) {
        await_level();
    }
    errno = saved;
}

static int
on_bytecode(void *unused)
{
    (void)unused;
    Py_BEGIN_ALLOW_THREADS
    await_level();
    Py_END_ALLOW_THREADS
    return 0;
}

void
late_begin(int fd)
{
    atomic_store(&is_late, false);
    atomic_store(&line_fd, fd);
}

void
late_end(void)
{
    atomic_store(&line_fd, -1);
}

void
late_work(bool is)
{
    atomic_store(&is_at_work, is);
}

void
late_handle(void)
{
    struct sigaction now;
    struct sigaction ours = {.sa_handler = on_continue,
                             .sa_flags = SA_RESTART};
    sigemptyset(&ours.sa_mask);
    if (sigaction(SIGCONT, NULL, &now) == 0
        && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL)
    {
        sigaction(SIGCONT, &ours, NULL);
    }
}

void
late_set(bool is)
{
    atomic_store(&is_late, is);
    if (is) {
        (void)Py_AddPendingCall(on_bytecode, NULL);
    }
}

void
late_since(uint64_t asked_ns)
{
    if (clock_now_ns() - asked_ns > BENCH_PATIENCE_NS) {
        (void)Py_AddPendingCall(on_bytecode, NULL);
    }
}
