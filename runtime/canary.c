/* canary: see canary.h. The one file of the guest that forks and ends a
 * process: always its own child. */
#include "pyabi.h"

#include "canary.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "definition.h"
#include "image.h"
#include "pyerr.h"
#include "wire/msg.h"

#define COWBIRD_MAY_EXIT
#include "guard.h"

#define SEND_MS 5000
#define REAP_NS 1000000000u

struct try {
    uint64_t id, deadline_ms;
    char *name, *stem, *artefact, *source;
};

/* How far the child has come; it writes them down its pipe, one byte each. */
enum mark {
    MARK_LOADING = 'l',
    MARK_INIT = 'i',
    MARK_EXEC = 'e',
    MARK_READY = 'r',
    MARK_FAILED = 'f' /* the rest is the reason */
};

struct outcome {
    enum msg_verdict verdict;
    struct buf reason;
};

/* A fork made ahead of the try that it is for, so that no save waits for it:
 * it reads its try from the socket and writes its marks there. */
struct fork {
    pid_t pid; /* 0: there is none */
    int fd;
};

static void
tell(int pipe, enum mark mark, const char *text)
{
    struct buf b = BUF_INIT;
    char byte = (char)mark;
    buf_add(&b, &byte, 1);
    buf_add_str(&b, text);
    for (size_t at = 0; at < b.len;) {
        ssize_t n = write(pipe, b.data + at, b.len - at);
        if (n < 0 && errno != EINTR) {
            break;
        }
        at += n < 0 ? 0 : (size_t)n;
    }
    buf_dispose(&b);
}

/* What is no module is refused later, with its reason. */
static int
add_functions(PyObject *module, PyMethodDef *functions)
{
    return functions != NULL && PyModule_Check(module)
               ? PyModule_AddFunctions(module, functions)
               : 0;
}

/* The spec and the attributes that importlib would give it. */
static PyObject *
make_module(const struct try *t, const struct image *image)
{
    PyObject *module = NULL;
    PyObject *machinery = PyImport_ImportModule("importlib.machinery");
    PyObject *spec = NULL;
    if (machinery != NULL) {
        spec = PyObject_CallMethod(machinery, "ModuleSpec", "sO", t->name,
                                   Py_None);
    }
    if (spec != NULL) {
        module = definition_make(image, spec);
    }
    if (module != NULL) {
        PyObject *file = PyUnicode_DecodeFSDefault(t->artefact);
        if (file == NULL || add_functions(module, image->def->m_methods) < 0
            || PyObject_SetAttrString(spec, "origin", file) < 0
            || PyObject_SetAttrString(module, "__spec__", spec) < 0
            || PyObject_SetAttrString(module, "__file__", file) < 0
            || PyDict_SetItemString(PyImport_GetModuleDict(), t->name, module)
                   < 0)
        {
            Py_CLEAR(module);
        }
        Py_XDECREF(file);
    }
    Py_XDECREF(spec);
    Py_XDECREF(machinery);
    return module;
}

static int
load(const struct try *t, int pipe, struct err *e)
{
    struct image_place place = {t->artefact, t->name, t->stem, t->source, 0};
    tell(pipe, MARK_LOADING, "");
    struct image *image = image_open(&place, e);
    if (image == NULL) {
        return -1;
    }
    tell(pipe, MARK_INIT, "");
    PyObject *made = NULL;
    if (image_init(image, &made, e) < 0) {
        return -1;
    }
    if (made != NULL) {
        return 0; /* single-phase: its init has ended well */
    }
    tell(pipe, MARK_EXEC, "");
    PyObject *module = make_module(t, image);
    if (module == NULL) {
        return err_set(e, ERR_BUILD, "making module %s", t->name);
    }
    if (definition_has_made(image, module)
        && PyModule_ExecDef(module, image->def) < 0)
    {
        return err_set(e, ERR_BUILD, "init of %s raised", t->source);
    }
    return 0;
}

static int
read_try(struct msg *m, struct try *t)
{
    t->id = msg_get_u64(m);
    t->deadline_ms = msg_get_u64(m);
    t->name = msg_get_str(m);
    t->stem = msg_get_str(m);
    t->artefact = msg_get_str(m);
    t->source = msg_get_str(m);
    return m->type == MSG_TRY ? msg_end(m, NULL) : -1;
}

/* In the child: the try that it is for; false when none comes any more. */
static bool
await_try(int fd, struct try *t)
{
    struct buf in = BUF_INIT;
    struct msg m;
    size_t taken = 0;
    bool has_come = msg_recv(fd, &in, &m, &taken, -1, NULL) > 0
                    && read_try(&m, t) == 0;
    buf_dispose(&in);
    return has_come;
}

/* In the child, for the rest of its life. */
static void
run(int pipe)
{
    struct rlimit none = {0, 0};
    struct err e = ERR_INIT;
    struct buf text = BUF_INIT;
    struct try got = {0};
    const struct try *t = &got;
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setrlimit(RLIMIT_CORE, &none);
    if (!await_try(pipe, &got)) {
        _exit(0);
    }
    if (load(t, pipe, &e) == 0) {
        tell(pipe, MARK_READY, "");
    }
    else if (PyErr_Occurred()) {
        pyerr_tell(t->source, &text);
        tell(pipe, MARK_FAILED, buf_text(&text));
    }
    else {
        tell(pipe, MARK_FAILED, e.text);
    }
    _exit(0);
}

static int
left_ms(uint64_t deadline_ns)
{
    uint64_t now_ns = clock_now_ns();
    return now_ns >= deadline_ns ? 0
                                 : (int)((deadline_ns - now_ns) / 1000000 + 1);
}

/* Its init ended well: what comes behind that is its own end. */
static bool
is_ready(const struct buf *said)
{
    const char *text = buf_text(said);
    return text[strcspn(text, "rf")] == MARK_READY;
}

/* What the child tells, until its init has ended well or it closes its end:
 * false at the deadline. */
static bool
listen_until(int pipe, uint64_t deadline_ns, struct buf *said)
{
    for (;;) {
        struct pollfd p = {.fd = pipe, .events = POLLIN};
        int ready = poll(&p, 1, left_ms(deadline_ns));
        if (ready == 0) {
            return false;
        }
        char bytes[4096];
        ssize_t n = ready < 0 ? -1 : read(pipe, bytes, sizeof(bytes));
        if (n == 0) {
            return true;
        }
        if (n > 0) {
            buf_add(said, bytes, (size_t)n);
            if (bytes[n - 1] == MARK_READY && is_ready(said)) {
                return true;
            }
        }
        else if (errno != EINTR) {
            return true;
        }
    }
}

/* Its end, for which nothing can be polled: the pipe may be closed while it
 * runs on. */
static bool
reap_until(pid_t pid, uint64_t deadline_ns, int *status)
{
    struct timespec pause = {0, 200000};
    for (;;) {
        pid_t done = waitpid(pid, status, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR)) {
            return true;
        }
        if (left_ms(deadline_ns) == 0) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
}

static const char *
signal_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"},
                 {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
                 {SIGILL, "SIGILL"},   {SIGKILL, "SIGKILL"},
                 {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"},
                 {SIGSYS, "SIGSYS"},   {SIGXCPU, "SIGXCPU"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    return "a signal";
}

static void
judge_end(const struct try *t, char mark, int status, struct outcome *o)
{
    o->verdict = VERDICT_CRASHED;
    if (WIFEXITED(status)) {
        buf_add_fmt(&o->reason, "exited with status %d during init",
                    WEXITSTATUS(status));
        return;
    }
    buf_add_fmt(&o->reason, "%s in ", signal_name(WTERMSIG(status)));
    if (mark == MARK_INIT) {
        buf_add_fmt(&o->reason, "PyInit_%s", t->stem);
    }
    else {
        buf_add_fmt(&o->reason, "%s of %s",
                    mark == MARK_EXEC ? "an exec slot" : "a constructor",
                    t->source);
    }
}

static void
judge(const struct try *t, const struct buf *said, int status,
      struct outcome *o)
{
    const char *text = buf_text(said);
    size_t marks = strcspn(text, "rf");
    char mark = marks > 0 ? text[marks - 1] : MARK_LOADING;
    if (text[marks] == MARK_READY) {
        o->verdict = VERDICT_READY;
    }
    else if (text[marks] == MARK_FAILED) {
        o->verdict = VERDICT_FAILED;
        buf_add_str(&o->reason, text + marks + 1);
    }
    else {
        judge_end(t, mark, status, o);
    }
}

static void
follow(const struct try *t, pid_t pid, int pipe, struct outcome *o)
{
    struct buf said = BUF_INIT;
    uint64_t deadline_ns = clock_now_ns() + t->deadline_ms * 1000000;
    int status = 0;
    bool ended = listen_until(pipe, deadline_ns, &said)
                 && (is_ready(&said)
                     || reap_until(pid, deadline_ns, &status));
    if (!ended) {
        o->verdict = VERDICT_HUNG;
        buf_add_fmt(&o->reason, "init of %s did not end within %llu ms",
                    t->source, (unsigned long long)t->deadline_ms);
    }
    else {
        judge(t, &said, status, o);
    }
    buf_dispose(&said);
}

/* The fork and what it has started. */
static void
end_fork(struct fork *f)
{
    int status;
    (void)kill(-f->pid, SIGKILL);
    (void)kill(f->pid, SIGKILL);
    (void)reap_until(f->pid, clock_now_ns() + REAP_NS, &status);
    close(f->fd);
    *f = (struct fork){0, -1};
}

/* With the GIL. Leaves `f` without a process when there can be none. */
static void
fork_ahead(struct fork *f)
{
    int ends[2];
    *f = (struct fork){0, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        return;
    }
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid == 0) {
        PyOS_AfterFork_Child();
        close(ends[0]);
        run(ends[1]);
    }
    PyOS_AfterFork_Parent();
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return;
    }
    (void)setpgid(pid, pid); /* whoever of us two comes first */
    *f = (struct fork){pid, ends[0]};
}

static int
hand_over(int fd, const struct try *t)
{
    struct buf b = BUF_INIT;
    int done = -1;
    msg_start(&b, MSG_TRY);
    msg_put_u64(&b, t->id);
    msg_put_u64(&b, t->deadline_ms);
    msg_put_str(&b, t->name);
    msg_put_str(&b, t->stem);
    msg_put_str(&b, t->artefact);
    msg_put_str(&b, t->source);
    if (msg_finish(&b, NULL) == 0) {
        done = msg_send(fd, &b, SEND_MS, NULL);
    }
    buf_dispose(&b);
    return done;
}

/* A fork that died while it waited is followed by another. */
static void
carry_out(struct fork *f, const struct try *t, struct outcome *o)
{
    if (f->pid > 0 && hand_over(f->fd, t) < 0) {
        end_fork(f);
    }
    if (f->pid == 0) {
        fork_ahead(f);
        if (f->pid == 0 || hand_over(f->fd, t) < 0) {
            o->verdict = VERDICT_FAILED;
            buf_add_str(&o->reason, "the canary could not fork");
            return;
        }
    }
    Py_BEGIN_ALLOW_THREADS
    follow(t, f->pid, f->fd, o);
    Py_END_ALLOW_THREADS
}

static int
answer(int fd, const struct try *t, const struct outcome *o)
{
    struct buf b = BUF_INIT;
    int done = -1;
    msg_start(&b, MSG_TRIED);
    msg_put_u64(&b, t->id);
    msg_put_u64(&b, (uint64_t)o->verdict);
    msg_put_str(&b, buf_text(&o->reason));
    if (msg_finish(&b, NULL) == 0) {
        done = msg_send(fd, &b, SEND_MS, NULL);
    }
    buf_dispose(&b);
    return done;
}

/* One message; -1 when it is the last. */
static int
serve_one(int fd, struct buf *in, struct fork *f)
{
    struct msg m;
    size_t taken = 0;
    int found;
    Py_BEGIN_ALLOW_THREADS
    found = msg_recv(fd, in, &m, &taken, -1, NULL);
    Py_END_ALLOW_THREADS
    if (found <= 0) {
        return -1;
    }
    struct try t = {0};
    struct outcome o = {VERDICT_READY, BUF_INIT};
    int done = read_try(&m, &t);
    buf_consume(in, taken);
    if (done == 0) {
        carry_out(f, &t, &o);
        done = answer(fd, &t, &o);
        if (f->pid > 0) {
            end_fork(f);
        }
        fork_ahead(f);
    }
    buf_dispose(&o.reason);
    free(t.name);
    free(t.stem);
    free(t.artefact);
    free(t.source);
    return done;
}

void
canary_serve(int fd)
{
    struct buf in = BUF_INIT;
    struct fork f;
    /* or each fork would read it from the disk, while a save waits */
    Py_XDECREF(PyImport_ImportModule("importlib.machinery"));
    PyErr_Clear();
    fork_ahead(&f);
    while (serve_one(fd, &in, &f) == 0) {
    }
    if (f.pid > 0) {
        end_fork(&f);
    }
    buf_dispose(&in);
}
