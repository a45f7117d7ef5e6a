/* warm: see warm.h. Here: the pool. What waits in its processes is
 * warm_tcc's. */
#include "warm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "compile_child.h"
#include "compile_entry.h"
#include "compile_files.h"
#include "compile_job.h"
#include "compile_key.h"
#include "file.h"
#include "mem.h"
#include "preamble.h"
#include "tcc_state.h"
#include "warm_tcc.h"

/* From an order to its child's pid. */
#define ANSWER_MS 500

struct waiting {
    struct warm *pool; /* borrowed */
    struct job job;
    struct key key;    /* when it began */
    char *preamble;    /* the source's, as it began; NULL: it has none */
    pid_t pid;         /* 0: it has ended */
    int fd;
    int listing;
    bool is_ready;
    struct list project; /* headers behind the preamble, by what was read */
    struct digest *digests;
    struct list system;
    struct digest facts; /* of `system` */
    int64_t used_ns;
};

struct warm {
    struct loop *loop; /* borrowed */
    struct waiting **items;
    size_t count;
    uint64_t budget_kb;
};

/* -- one ------------------------------------------------------------------ */

static void
put_out(pid_t pid)
{
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

static void
end(struct waiting *x)
{
    if (x->pid > 0) {
        loop_remove_fd(x->pool->loop, x->fd);
        put_out(x->pid);
        /* a child of an order whose answer nobody waited for */
        pid_t child = 0;
        while (recv(x->fd, &child, sizeof(child), MSG_DONTWAIT)
               == sizeof(child))
        {
            put_out(child);
        }
        close(x->fd);
        close(x->listing);
    }
    x->pid = 0;
    x->is_ready = false;
}

/* Ends it; the next warm_prepare starts another. */
static void
forget(struct waiting *x)
{
    end(x);
    memset(&x->key.setup, 0, sizeof(x->key.setup));
}

static void
waiting_free(struct waiting *x)
{
    end(x);
    key_dispose(&x->key);
    job_dispose(&x->job);
    list_dispose(&x->project);
    list_dispose(&x->system);
    free(x->digests);
    free(x->preamble);
    free(x);
}

static struct digest
facts_of(const struct list *files)
{
    struct digest_state s;
    digest_start(&s);
    files_add_facts(&s, files);
    return digest_end(&s);
}

/* Whether a header asks which file is compiled. */
static bool
is_any_told(const struct list *headers)
{
    bool is_told = false;
    for (size_t i = 0; i < headers->count && !is_told; i++) {
        struct buf text = BUF_INIT;
        is_told = file_read(headers->items[i], &text, NULL) == 0
                  && preamble_is_told(buf_text(&text), text.len);
        buf_dispose(&text);
    }
    return is_told;
}

/* Whether a header is what it was when the process began. */
static bool
is_as_begun(const struct waiting *x, const char *path,
            const struct digest *now)
{
    for (size_t i = 0; i < x->key.paths.count; i++) {
        if (strcmp(x->key.paths.items[i], path) == 0) {
            return digest_equal(&x->key.digests[i], now);
        }
    }
    return files_is_older(path, &x->key.started);
}

/* What it has read by now. False: something changed meanwhile. */
static bool
take_listing(struct waiting *x)
{
    struct list files = LIST_INIT;
    struct stat st;
    char *text = NULL;
    bool is_good = fstat(x->listing, &st) == 0 && st.st_size > 0;
    if (is_good) {
        text = mem_new((size_t)st.st_size + 1);
        is_good = pread(x->listing, text, (size_t)st.st_size, 0)
                  == st.st_size;
        tcc_state_listing(text, &files);
        list_remove_at(&files, 0); /* what stands for the source */
    }
    files_sort(&x->job, &files, &x->project, &x->system);
    x->digests = mem_resize(NULL, x->project.count + 1, sizeof(*x->digests));
    for (size_t i = 0; is_good && i < x->project.count; i++) {
        const char *path = x->project.items[i];
        x->digests[i] = files_content(path);
        is_good = is_as_begun(x, path, &x->digests[i]);
    }
    for (size_t i = 0; is_good && i < x->system.count; i++) {
        is_good = files_is_older(x->system.items[i], &x->key.started);
    }
    x->facts = facts_of(&x->system);
    list_dispose(&files);
    free(text);
    return is_good;
}

static void
on_ready(void *data, int fd, short events)
{
    struct waiting *x = data;
    pid_t word = 0;
    (void)events;
    ssize_t n = recv(fd, &word, sizeof(word), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n != sizeof(word) || word != WARM_READY) {
        /* at the preamble it would end again, later only by accident */
        (x->is_ready ? forget : end)(x);
    }
    else if (!take_listing(x)) {
        forget(x);
    }
    else if (is_any_told(&x->project)) {
        end(x);
    }
    else {
        x->is_ready = true;
    }
}

static int
start(struct waiting *x)
{
    int pair[2];
    x->listing = memfd_create("listing", MFD_CLOEXEC);
    if (x->listing < 0
        || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    {
        return -1;
    }
    pid_t bench = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        warm_tcc_run(&x->job, pair[1], x->listing, bench);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        close(x->listing);
        return -1;
    }
    x->pid = pid;
    x->fd = pair[0];
    loop_add_fd(x->pool->loop, x->fd, POLLIN, on_ready, x);
    return 0;
}

/* -- whether it fits ------------------------------------------------------ */

/* Whether all that it knows without the source is still so. */
static bool
holds(const struct waiting *x, const struct key *now)
{
    if (!digest_equal(&x->key.setup, &now->setup)) {
        return false;
    }
    for (size_t i = x->key.source_count; i < x->key.paths.count; i++) {
        const char *path = x->key.paths.items[i];
        size_t k = now->source_count;
        while (k < now->paths.count
               && strcmp(now->paths.items[k], path) != 0)
        {
            k++;
        }
        struct digest d = k < now->paths.count ? now->digests[k]
                                               : files_content(path);
        if (!digest_equal(&d, &x->key.digests[i])) {
            return false;
        }
    }
    for (size_t i = 0; x->is_ready && i < x->project.count; i++) {
        struct digest d = files_content(x->project.items[i]);
        if (!digest_equal(&d, &x->digests[i])) {
            return false;
        }
    }
    struct digest facts = facts_of(&x->system);
    return !x->is_ready || digest_equal(&facts, &x->facts);
}

/* The preamble of the job's first source, on the heap; NULL: none. */
static char *
read_preamble(const struct job *j)
{
    struct buf text = BUF_INIT;
    char *found = NULL;
    if (file_read(j->sources.items[0], &text, NULL) == 0) {
        struct preamble p;
        preamble_read(&p, buf_text(&text), text.len);
        if (p.len > 0) {
            found = mem_copy_range(text.data, p.len);
        }
        preamble_dispose(&p);
    }
    buf_dispose(&text);
    return found;
}

/* A module of one target. */
static bool
is_for(const struct waiting *x, const struct job *j)
{
    return x->job.p == j->p && x->job.tier == j->tier
           && strcmp(x->job.sources.items[0], j->sources.items[0]) == 0
           && strcmp(x->job.stem, j->stem) == 0;
}

static struct waiting **
find(struct warm *w, const struct job *j)
{
    for (size_t i = 0; i < w->count; i++) {
        if (is_for(w->items[i], j)) {
            return &w->items[i];
        }
    }
    return NULL;
}

/* -- the pool ------------------------------------------------------------- */

struct warm *
warm_new(struct loop *loop)
{
    struct warm *w = mem_new(sizeof(*w));
    const char *own = getenv("COWBIRD_WARM_MB");
    bool is_set = own != NULL && own[0] != '\0';
    w->loop = loop;
    w->budget_kb = is_set ? strtoull(own, NULL, 10) * 1024
                          : (uint64_t)WARM_BUDGET_MB * 1024;
    return w;
}

static uint64_t
resident_kb(const struct waiting *x)
{
    char *path = mem_format("/proc/%ld/statm", (long)x->pid);
    struct buf text = BUF_INIT;
    unsigned long long size = 0, resident = 0;
    if (x->pid > 0 && file_read(path, &text, NULL) == 0) {
        sscanf(buf_text(&text), "%llu %llu", &size, &resident);
    }
    buf_dispose(&text);
    free(path);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void
remove_at(struct warm *w, size_t i)
{
    waiting_free(w->items[i]);
    w->items[i] = w->items[--w->count];
}

/* Those used longest ago go first, until the others fit. */
static void
keep_budget(struct warm *w)
{
    for (;;) {
        uint64_t sum = 0;
        size_t oldest = 0;
        for (size_t i = 0; i < w->count; i++) {
            sum += resident_kb(w->items[i]);
            if (w->items[i]->used_ns < w->items[oldest]->used_ns) {
                oldest = i;
            }
        }
        if (sum <= w->budget_kb || w->count == 0) {
            return;
        }
        remove_at(w, oldest);
    }
}

void
warm_prepare(struct warm *w, const struct toolchain *t,
             const struct python *p, const struct module *m,
             enum compile_tier tier)
{
    struct job j;
    if (w == NULL || w->budget_kb == 0
        || job_init(&j, t, p, m, tier, NULL) < 0)
    {
        return;
    }
    if (j.is_cxx || !compile_wants_tcc(&j)) {
        job_dispose(&j);
        return;
    }
    free(tcc_state_shim()); /* or it would be newer than what reads it */
    struct key k;
    key_begin(&k, &j);
    char *preamble = read_preamble(&j);
    struct waiting **there = find(w, &j);
    /* One that ended by itself would do so again. */
    if (there != NULL && preamble != NULL && (*there)->preamble != NULL
        && strcmp((*there)->preamble, preamble) == 0 && holds(*there, &k))
    {
        (*there)->used_ns = clock_now_ns();
        free(preamble);
        key_dispose(&k);
        job_dispose(&j);
        return;
    }
    if (there != NULL) {
        remove_at(w, (size_t)(there - w->items));
    }
    struct waiting *x = mem_new(sizeof(*x));
    *x = (struct waiting){.pool = w, .job = j, .key = k,
                          .preamble = preamble,
                          .used_ns = clock_now_ns()};
    w->items = mem_resize(w->items, w->count + 1,
                          sizeof(struct waiting *));
    w->items[w->count++] = x;
    if (preamble != NULL) {
        start(x);
    }
    keep_budget(w);
}

static int
send_order(int fd, const char *folder, int record)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof(control));
    struct iovec io = {(void *)folder, strlen(folder)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &record, sizeof(int));
    return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

pid_t
warm_order(struct warm *w, const struct job *j, const struct key *k,
           int record)
{
    struct waiting **found = w == NULL ? NULL : find(w, j);
    struct waiting *x = found == NULL ? NULL : *found;
    if (x == NULL || !x->is_ready) {
        return 0;
    }
    struct pollfd polled = {x->fd, POLLIN, 0};
    pid_t pid = 0;
    bool is_sent = send_order(x->fd, j->folder, record) == 0;
    bool still_holds = holds(x, k); /* while the child is on its way */
    if (!is_sent || poll(&polled, 1, ANSWER_MS) != 1
        || recv(x->fd, &pid, sizeof(pid), MSG_DONTWAIT) != sizeof(pid))
    {
        forget(x); /* a later answer would be taken for another's */
        return 0;
    }
    if (!still_holds) {
        put_out(pid);
        forget(x);
        return 0;
    }
    x->used_ns = clock_now_ns();
    return pid > 0 ? pid : 0;
}

size_t
warm_count(const struct warm *w)
{
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) {
        count += w->items[i]->is_ready;
    }
    return count;
}

void
warm_free(struct warm *w)
{
    if (w == NULL) {
        return;
    }
    while (w->count > 0) {
        remove_at(w, 0);
    }
    free(w->items);
    free(w);
}
