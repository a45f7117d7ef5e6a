/* late: see late.h. What the handler calls is async-signal-safe
 * (signal-safety(7)), or reads words of the thread and of the interpreter
 * (_PyThreadState_UncheckedGet, PyGILState_GetThisThreadState in
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
#include "stub.h"

#include "guard.h"

#define LATE_WAIT_NS 1000000000u
#define LATE_LOOK_NS 200000
/* Half of the bench's patience (WORKER_PATIENCE_MS), which began earlier. */
#define LONG_NS 1000000000u

static struct handle line; /* meaningful while is_open */
static atomic_bool is_open, is_late, is_at_work, is_queued;

/* Nothing is expected of a line whose other end is gone. */
static bool
is_behind(void)
{
    struct pollfd orders = {.events = POLLIN};
    if (!atomic_load(&is_open)) {
        return false;
    }
    if (atomic_load(&is_late) || atomic_load(&is_at_work)) {
        return true;
    }
    orders.fd = line.fd;
    return handle_is_ours(&line) && poll(&orders, 1, 0) > 0
           && orders.revents == POLLIN;
}

/* A thread in a call that the swap itself may wait for goes on. */
static void
await_level(void)
{
    uint64_t until_ns = clock_now_ns() + LATE_WAIT_NS;
    while (stub_own_calls() == 0 && is_behind() && clock_now_ns() < until_ns) {
        struct timespec pause = {0, LATE_LOOK_NS};
        nanosleep(&pause, NULL);
    }
}

static void
on_continue(int number)
{
    int saved = errno;
    (void)number;
    if (atomic_load(&is_open)) {
        PyThreadState *mine = PyGILState_GetThisThreadState();
        if (mine != NULL && mine != pyabi_thread_state()) {
            await_level();
        }
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
    atomic_store(&is_queued, false);
    return 0;
}

/* With the GIL, which 3.11's needs though it does not say so: it asks for the
 * interpreter of who holds it (Python/ceval.c, Py_AddPendingCall). */
static void
queue(void)
{
    if (!atomic_exchange(&is_queued, true)
        && Py_AddPendingCall(on_bytecode, NULL) < 0)
    {
        atomic_store(&is_queued, false);
    }
}

void
late_begin(const struct handle *socket)
{
    line = *socket;
    atomic_store(&is_late, false);
    atomic_store(&is_queued, false);
    atomic_store(&is_open, true);
}

void
late_end(void)
{
    atomic_store(&is_open, false);
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
                             .sa_flags = SA_RESTART | SA_ONSTACK};
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
        queue();
    }
}

void
late_since(uint64_t asked_ns)
{
    if (clock_now_ns() - asked_ns > LONG_NS) {
        queue();
    }
}
