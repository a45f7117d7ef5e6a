/* crash: see crash.h. */
#include "crash.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "image.h"
#include "wire/crash.h"

#define COWBIRD_MAY_HANDLE_SIGNALS
#include "guard.h"

#define STACK_BYTES (64u << 10)
#define MOST_FRAMES 512
#define OTHER_WAIT_MS 1000

/* A row is free, being written, or known: only then the rest of it counts. */
enum { ROW_FREE, ROW_TAKEN, ROW_KNOWN };

/* Addresses are kept as their complements: whoever looks for words that lead
 * into an image must not find these (look.h). */
struct row {
    atomic_int state;
    uintptr_t not_start, not_end, not_bias;
    uint64_t generation;
    char module[sizeof(((struct crash_record *)0)->module)];
    char image[sizeof(((struct crash_record *)0)->image)];
};

#define ROWS 32

struct rows {
    struct row items[ROWS];
    struct rows *_Atomic next; /* never freed: a handler may be walking */
};

static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static struct rows first_rows;
static struct sigaction former[NUMBERS];
static char folder[256];
static char abi[sizeof(((struct crash_record *)0)->soabi)];
static atomic_int entered; /* one crash is told, the first */
static atomic_int told;
static struct crash_record record;

/* -- images --------------------------------------------------------------- */

static struct row *
take_row(void)
{
    struct rows *at = &first_rows;
    for (;;) {
        for (size_t i = 0; i < ROWS; i++) {
            int was = ROW_FREE;
            if (atomic_compare_exchange_strong(&at->items[i].state, &was,
                                               ROW_TAKEN))
            {
                return &at->items[i];
            }
        }
        struct rows *next = atomic_load(&at->next);
        if (next == NULL) {
            struct rows *fresh = calloc(1, sizeof(*fresh));
            if (fresh == NULL) {
                return NULL; /* its crashes are told as nobody's */
            }
            if (atomic_compare_exchange_strong(&at->next, &next, fresh)) {
                next = fresh;
            }
            else {
                free(fresh);
            }
        }
        at = next;
    }
}

/* All or nothing: half a name is another name. */
static void
copy_text(char *to, size_t room, const char *from)
{
    size_t len = strlen(from);
    to[0] = '\0';
    if (len < room) {
        memcpy(to, from, len + 1);
    }
}

void
crash_know(const struct image *i)
{
    struct row *r = take_row();
    if (r == NULL) {
        return;
    }
    r->not_start = ~i->elf.start;
    r->not_end = ~i->elf.end;
    r->not_bias = ~i->elf.bias;
    r->generation = i->generation;
    copy_text(r->module, sizeof(r->module), i->name);
    copy_text(r->image, sizeof(r->image), i->path);
    atomic_store(&r->state, ROW_KNOWN);
}

static struct row *
row_of(uintptr_t address)
{
    for (struct rows *at = &first_rows; at != NULL;
         at = atomic_load(&at->next))
    {
        for (size_t i = 0; i < ROWS; i++) {
            struct row *r = &at->items[i];
            if (atomic_load(&r->state) == ROW_KNOWN && address >= ~r->not_start
                && address < ~r->not_end)
            {
                return r;
            }
        }
    }
    return NULL;
}

void
crash_forget(const struct image *i)
{
    struct row *r = row_of(i->elf.start);
    if (r != NULL) {
        atomic_store(&r->state, ROW_FREE);
    }
}

/* -- in the handler: nothing but what signal-safety(7) allows ------------- */

struct place {
    uintptr_t pc, sp, link; /* `link`: where a call came from */
};

static struct place
place_of(const ucontext_t *u)
{
    struct place p = {0, 0, 0};
#if defined(__x86_64__)
    p.pc = (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
    p.sp = (uintptr_t)u->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    p.pc = (uintptr_t)u->uc_mcontext.pc;
    p.sp = (uintptr_t)u->uc_mcontext.sp;
    p.link = (uintptr_t)u->uc_mcontext.regs[30];
#else
    (void)u;
#endif
    return p;
}

/* True when the address lies in code of ours. */
static bool
blame(uintptr_t address, bool is_caller)
{
    const struct row *r = row_of(address);
    if (r == NULL) {
        return false;
    }
    memcpy(record.module, r->module, sizeof(record.module));
    memcpy(record.image, r->image, sizeof(record.image));
    record.offset = address - ~r->not_bias;
    record.is_caller = is_caller;
    record.generation = r->generation;
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
look(const struct place *p, const siginfo_t *info)
{
    bool is_fault = info->si_code > 0 && record.number != SIGABRT;
    uintptr_t address = is_fault ? (uintptr_t)info->si_addr : 0;
    record.address = address;
    record.is_deep = is_fault && record.number == SIGSEGV
                     && address + 4096 > p->sp && address < p->sp + 65536;
    if (blame(p->pc, false)) {
        return;
    }
    if (is_fault && p->pc == address) { /* a call to where no code is */
        uintptr_t from = p->link;
#if defined(__x86_64__)
        memcpy(&from, (const void *)p->sp, sizeof(from));
#endif
        if (blame(from, true)) {
            return;
        }
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
tell(const struct place *p, const siginfo_t *info)
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
    int saved = errno;
    bool is_sent = info->si_code <= 0;
    bool is_foreign = info->si_code == SI_USER && info->si_pid != getpid();
    give_back();
    if (!is_foreign && atomic_exchange(&entered, 1) == 0) {
        struct place p = place_of(context);
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

/* A full stack can only be told from another one. */
static void
give_stack(void)
{
    stack_t now;
    if (sigaltstack(NULL, &now) < 0 || (now.ss_flags & SS_DISABLE) == 0) {
        return;
    }
    void *bytes = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (bytes != MAP_FAILED) {
        stack_t fresh = {.ss_sp = bytes, .ss_size = STACK_BYTES};
        sigaltstack(&fresh, NULL);
    }
}

void
crash_begin(const char *session, const char *soabi)
{
    if (folder[0] != '\0' || strlen(session) >= sizeof(folder)) {
        return;
    }
    copy_text(folder, sizeof(folder), session);
    copy_text(abi, sizeof(abi), soabi);
    give_stack();
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
