/* crash: see crash.h. */
#include "crash.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include "altstack.h"
#include "blame.h"
#include "landing.h"
#include "wire/crash.h"

#define COWBIRD_MAY_HANDLE_SIGNALS
#include "guard.h"

#define MOST_FRAMES 512
#define OTHER_WAIT_MS 1000

static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static struct sigaction former[NUMBERS];
static char folder[256];
static char abi[sizeof(((struct crash_record *)0)->soabi)];
static atomic_int entered; /* one crash is told, the first */
static atomic_int told;
static struct crash_record record;
static pid_t may_ask;

/* -- in the handler: nothing but what signal-safety(7) allows ------------- */

/* True when the address lies in code of ours. */
static bool
blame(uintptr_t address, bool is_caller)
{
    struct blame b;
    if (!blame_find(address, &b)) {
        return false;
    }
    memcpy(record.module, b.module, sizeof(record.module));
    memcpy(record.image, b.image, sizeof(record.image));
    record.offset = b.offset;
    record.is_caller = is_caller;
    record.generation = b.generation;
    return true;
}

struct walk {
    unsigned depth;
};

/* The frames of this handler come first; they are in no image. */
static _Unwind_Reason_Code
visit(struct _Unwind_Context *context, void *data)
{
    struct walk *w = data;
    int is_before = 0;
    uintptr_t at = _Unwind_GetIPInfo(context, &is_before);
    if (++w->depth > MOST_FRAMES || blame(at, is_before == 0)) {
        return _URC_END_OF_STACK;
    }
    return _URC_NO_REASON;
}

static void
look(const struct blame_place *p, const siginfo_t *info)
{
    bool is_fault = info->si_code > 0 && record.number != SIGABRT;
    uintptr_t address = is_fault ? (uintptr_t)info->si_addr : 0;
    record.address = address;
    record.is_deep = is_fault && record.number == SIGSEGV
                     && address + 4096 > p->sp && address < p->sp + 65536;
    if (blame(p->pc, false)) {
        return;
    }
    if (is_fault && p->pc == address && blame(blame_caller(p), true)) {
        return; /* a call to where no code is */
    }
    struct walk w = {0};
    _Unwind_Backtrace(visit, &w);
}

static int
open_file(void)
{
    char path[sizeof(folder) + 32];
    size_t len = strlen(folder);
    char digits[24];
    size_t count = 0;
    memcpy(path, folder, len);
    memcpy(path + len, "/crash.", 7);
    len += 7;
    for (uint64_t left = record.pid; left > 0 || count == 0; left /= 10) {
        digits[count++] = (char)('0' + left % 10);
    }
    while (count > 0) {
        path[len++] = digits[--count];
    }
    path[len] = '\0';
    return open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Written before the stack is walked too: a broken one may end us there. */
static void
tell(const struct blame_place *p, const siginfo_t *info)
{
    record.magic = CRASH_MAGIC;
    record.pid = (uint64_t)getpid();
    memcpy(record.soabi, abi, sizeof(abi));
    int file = open_file();
    (void)!pwrite(file, &record, sizeof(record), 0);
    look(p, info);
    (void)!pwrite(file, &record, sizeof(record), 0);
    close(file);
}

static void on_crash(int number, siginfo_t *info, void *context);

/* What somebody has set since stays. */
static void
give_back(void)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        struct sigaction now;
        if (sigaction(numbers[i], NULL, &now) == 0
            && (now.sa_flags & SA_SIGINFO) != 0
            && now.sa_sigaction == on_crash)
        {
            sigaction(numbers[i], &former[i], NULL);
        }
    }
}

/* A fault comes again by itself when we return, at the same instruction; what
 * was sent must be sent again. */
static void
on_crash(int number, siginfo_t *info, void *context)
{
    landing_try(number, info, context);
    int saved = errno;
    bool is_sent = info->si_code <= 0;
    bool is_foreign = info->si_code == SI_USER && info->si_pid != getpid()
                      && info->si_pid != may_ask;
    give_back();
    if (!is_foreign && atomic_exchange(&entered, 1) == 0) {
        struct blame_place p = blame_place_of(context);
        record.number = (uint32_t)number;
        tell(&p, info);
        atomic_store(&told, 1);
    }
    for (int ms = 0; !is_foreign && !atomic_load(&told)
                     && ms < OTHER_WAIT_MS; ms += 10)
    {
        poll(NULL, 0, 10); /* another thread is telling: let it end */
    }
    if (is_sent) {
        syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), number);
    }
    errno = saved;
}

/* -- beginning ------------------------------------------------------------ */

void
crash_begin(const char *into, const char *soabi, pid_t asker)
{
    if (folder[0] != '\0' || strlen(into) >= sizeof(folder)) {
        return;
    }
    crash_put_text(folder, sizeof(folder), into);
    may_ask = asker == 0 ? -1 : asker;
    crash_put_text(abi, sizeof(abi), soabi);
    altstack_give();
    struct walk w = {MOST_FRAMES};
    _Unwind_Backtrace(visit, &w); /* what it sets up once, it does now */
    struct sigaction ours = {.sa_sigaction = on_crash,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK
                                         | SA_NODEFER};
    sigemptyset(&ours.sa_mask);
    for (size_t i = 0; i < NUMBERS; i++) {
        if (sigaction(numbers[i], NULL, &former[i]) == 0
            && former[i].sa_handler != SIG_IGN)
        {
            sigaction(numbers[i], &ours, NULL);
        }
    }
}
