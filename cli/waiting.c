/* waiting: see waiting.h. What runs in the processes is warm_tcc's, warm_cc's,
 * warm_scan's and warm_object's. */
#include "waiting.h"

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

#include "cache.h"
#include "clock.h"
#include "compile_child.h"
#include "compile_entry.h"
#include "compile_files.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "preamble.h"
#include "tcc_listing.h"
#include "tcc_state.h"
#include "warm_cc.h"
#include "warm_child.h"
#include "warm_object.h"
#include "warm_scan.h"
#include "warm_tcc.h"

/* Whether to keep it waiting is a guess: an order looks again. */
#define RECENT_NS INT64_C(1000000000)

void
waiting_put_out(pid_t pid)
{
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

/* The fork that waited beside it, in its group. */
static void
end_group(pid_t group)
{
    kill(-group, SIGKILL);
    while (waitpid(-group, NULL, 0) > 0 || errno == EINTR) {
    }
}

static void
end(struct warm_process *p)
{
    if (p->pid > 0) {
        loop_remove_fd(p->of->loop, p->fd);
        waiting_put_out(p->pid);
        end_group(p->pid);
        /* a child of an order whose answer nobody waited for */
        pid_t child = 0;
        while (recv(p->fd, &child, sizeof(child), MSG_DONTWAIT)
               == sizeof(child))
        {
            waiting_put_out(child);
        }
        close(p->fd);
    }
    p->pid = 0;
    p->is_ready = false;
}

void
waiting_forget(struct waiting *x)
{
    end(&x->compiler);
    end(&x->scan);
    end(&x->object);
    memset(&x->key.setup, 0, sizeof(x->key.setup));
}

void
waiting_free(struct waiting *x)
{
    end(&x->compiler);
    end(&x->scan);
    end(&x->object);
    if (x->listing >= 0) {
        close(x->listing);
    }
    if (x->folder != NULL) {
        cache_abandon(x->folder);
    }
    free(x->folder);
    free(x->binding);
    key_dispose(&x->key);
    job_dispose(&x->job);
    list_dispose(&x->project);
    list_dispose(&x->system);
    list_dispose(&x->object_files);
    free(x->digests);
    free(x->preamble);
    free(x);
}

static struct digest
facts_of(const struct list *files, int64_t since_ns)
{
    struct digest_state s;
    digest_start(&s);
    files_add_facts(&s, files, since_ns);
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
    struct tcc_listing listed = TCC_LISTING_INIT;
    struct stat st;
    char *text = NULL;
    bool is_good = fstat(x->listing, &st) == 0 && st.st_size > 0;
    if (is_good) {
        text = mem_new((size_t)st.st_size + 1);
        is_good = pread(x->listing, text, (size_t)st.st_size, 0)
                  == st.st_size;
        tcc_listing_read(&listed, text);
    }
    for (size_t i = listed.files.count; i-- > 0 && x->folder != NULL;) {
        if (path_is_below(listed.files.items[i], x->folder)) {
            list_remove_at(&listed.files, i); /* our own work */
        }
    }
    files_sort(&x->job, &listed.files, &x->project, &x->system);
    x->digests = mem_resize(NULL, x->project.count + 1, sizeof(*x->digests));
    for (size_t i = 0; is_good && i < x->project.count; i++) {
        const char *path = x->project.items[i];
        x->digests[i] = files_content(path);
        is_good = is_as_begun(x, path, &x->digests[i]);
    }
    for (size_t i = 0; is_good && i < x->system.count; i++) {
        is_good = files_is_older(x->system.items[i], &x->key.started);
    }
    x->facts = facts_of(&x->system, clock_now_ns());
    tcc_listing_dispose(&listed);
    free(text);
    return is_good;
}

/* False: nothing is there to be heard, or it was the end. */
static bool
hear_ready(struct warm_process *p)
{
    pid_t word = 0;
    ssize_t n = recv(p->fd, &word, sizeof(word), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (n == sizeof(word) && word == WARM_READY) {
        return true;
    }
    /* at its beginning it would end again, later only by accident */
    if (p->is_ready) {
        memset(&p->of->key.setup, 0, sizeof(p->of->key.setup));
    }
    end(p);
    return false;
}

static void
on_compiler(void *data, int fd, short events)
{
    struct warm_process *p = data;
    struct waiting *x = p->of;
    (void)fd;
    (void)events;
    if (!hear_ready(p)) {
        return;
    }
    if (!take_listing(x)) {
        waiting_forget(x);
    }
    else if (is_any_told(&x->project)) {
        end(p);
    }
    else {
        p->is_ready = true;
    }
}

/* The object is there, and everything is as it was when it began. */
static void
on_object(void *data, int fd, short events)
{
    struct warm_process *p = data;
    struct waiting *x = p->of;
    (void)fd;
    (void)events;
    if (!hear_ready(p)) {
        return;
    }
    x->has_object = true;
    warm_object_files(x->folder, &x->object_files);
    for (size_t i = 0; i < x->object_files.count; i++) {
        x->has_object &= files_is_older(x->object_files.items[i],
                                        &x->key.started);
    }
    x->object_facts = facts_of(&x->object_files, clock_now_ns());
}

static void
on_scan(void *data, int fd, short events)
{
    struct warm_process *p = data;
    (void)fd;
    (void)events;
    if (hear_ready(p)) {
        p->is_ready = true;
    }
}

/* Forks; 0 in the child, whose end of the sockets is `*theirs`. */
static pid_t
start(struct waiting *x, struct warm_process *p, loop_fd_fn on, int *theirs)
{
    int pair[2];
    *p = (struct warm_process){.of = x};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        return -1;
    }
    fflush(NULL);
    pid_t pid = fork();
    *theirs = pair[1];
    if (pid == 0) {
        return 0;
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return -1;
    }
    p->pid = pid;
    p->fd = pair[0];
    loop_add_fd(x->loop, p->fd, POLLIN, on, p);
    return pid;
}

static void
start_compiler(struct waiting *x, pid_t bench)
{
    int theirs;
    x->listing = memfd_create("listing", MFD_CLOEXEC);
    if (x->preamble == NULL || x->listing < 0
        || start(x, &x->compiler, on_compiler, &theirs) != 0)
    {
        return;
    }
    x->job.scan_fd = -1;
    if (x->has_tcc) {
        const struct warm_binding b = {x->binding, x->folder};
        warm_tcc_run(&x->job, &b, theirs, x->listing, bench);
    }
    warm_cc_run(&x->job, theirs, x->listing, x->folder, bench);
}

void
waiting_start(struct waiting *x)
{
    pid_t bench = getpid();
    int theirs;
    bool has_folder = x->job.plain_name != NULL || !x->has_tcc;
    x->folder = has_folder ? cache_begin(NULL) : NULL;
    if (x->folder != NULL || x->has_tcc) {
        start_compiler(x, bench);
    }
    if (x->folder != NULL && x->scans
        && start(x, &x->scan, on_scan, &theirs) == 0)
    {
        warm_scan_run(&x->job, theirs, x->folder, bench);
    }
    if (x->folder != NULL && x->binding != NULL && !x->has_tcc
        && start(x, &x->object, on_object, &theirs) == 0)
    {
        warm_object_run(&x->job, theirs, x->binding, x->folder, bench);
    }
}

/* -- whether it fits ------------------------------------------------------ */

bool
waiting_has_same_headers(const struct waiting *x, const struct key *now)
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
    return true;
}

/* The system's headers as they were at `since_ns` or later. */
static bool
holds_since(const struct waiting *x, const struct key *now, int64_t since_ns)
{
    if (!waiting_has_same_headers(x, now)) {
        return false;
    }
    for (size_t i = 0; x->compiler.is_ready && i < x->project.count; i++) {
        struct digest d = files_content(x->project.items[i]);
        if (!digest_equal(&d, &x->digests[i])) {
            return false;
        }
    }
    struct digest facts = facts_of(&x->system, since_ns);
    return !x->compiler.is_ready || digest_equal(&facts, &x->facts);
}

bool
waiting_holds(const struct waiting *x, const struct key *now)
{
    return holds_since(x, now, now->started_ns);
}

void
waiting_offer(const struct waiting *x, const struct key *now,
              struct cc_offer *offer)
{
    *offer = (struct cc_offer)CC_OFFER_INIT;
    if (x->has_tcc || x->folder == NULL || !waiting_holds(x, now)) {
        return;
    }
    struct digest facts = facts_of(&x->object_files, now->started_ns);
    offer->folder = x->folder;
    if (x->has_object && digest_equal(&facts, &x->object_facts)) {
        offer->binding = x->binding;
    }
    if (x->compiler.is_ready) {
        offer->fd = x->compiler.fd;
        offer->pid = x->compiler.pid;
        offer->preamble = x->preamble;
    }
}

bool
waiting_is_ready(const struct waiting *x)
{
    return (x->compiler.is_ready || x->preamble == NULL)
           && (x->scan.is_ready || !x->scans)
           && (x->has_object || x->object.pid == 0)
           && (x->compiler.is_ready || x->scan.is_ready);
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

/* The binding in the folder of a build that was kept, on the heap; or NULL. */
static char *
read_binding(const struct job *j, const char *artefact)
{
    struct buf text = BUF_INIT;
    char *folder = artefact == NULL ? NULL : path_dir(artefact);
    char *path = folder == NULL ? NULL
                                : mem_format("%s/%s.binding.c", folder,
                                             j->stem);
    char *found = NULL;
    if (j->plain_name != NULL && path != NULL && path_is_file(path)
        && file_read(path, &text, NULL) == 0)
    {
        found = buf_take(&text);
    }
    buf_dispose(&text);
    free(path);
    free(folder);
    return found;
}

static bool
is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
waiting_is_current(const struct waiting *x, const struct waiting *now)
{
    return is_same_text(x->preamble, now->preamble)
           && x->scans >= now->scans
           && (now->binding == NULL
               || is_same_text(x->binding, now->binding))
           && holds_since(x, &now->key, now->key.started_ns - RECENT_NS);
}

struct waiting *
waiting_new(struct loop *loop, const struct toolchain *t,
            const struct python *p, const struct warm_wish *wish)
{
    struct job j;
    if (wish->module->is_cxx
        || job_init(&j, t, p, wish->module, wish->tier, NULL) < 0)
    {
        return NULL;
    }
    bool has_tcc = compile_wants_tcc(&j);
    bool has_cc = !has_tcc && warm_cc_is_possible(&j);
    bool scans = wish->scans && j.plain_name != NULL;
    if (!scans && !has_tcc && !has_cc) {
        job_dispose(&j);
        return NULL;
    }
    free(tcc_state_shim()); /* or it would be newer than what reads it */
    struct waiting *x = mem_new(sizeof(*x));
    *x = (struct waiting){.loop = loop, .job = j, .listing = -1,
                          .has_tcc = has_tcc, .scans = scans,
                          .used_ns = clock_now_ns()};
    x->compiler.of = x->scan.of = x->object.of = x;
    key_begin(&x->key, &x->job);
    x->preamble = has_tcc || has_cc ? read_preamble(&x->job) : NULL;
    x->binding = read_binding(&x->job, wish->artefact);
    return x;
}

static uint64_t
resident_kb(pid_t pid)
{
    char *path = mem_format("/proc/%ld/statm", (long)pid);
    struct buf text = BUF_INIT;
    unsigned long long size = 0, resident = 0;
    if (pid > 0 && file_read(path, &text, NULL) == 0) {
        sscanf(buf_text(&text), "%llu %llu", &size, &resident);
    }
    buf_dispose(&text);
    free(path);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

uint64_t
waiting_resident_kb(const struct waiting *x)
{
    uint64_t forks = x->has_tcc ? 2 : 1; /* one waits beside it */
    return forks * resident_kb(x->compiler.pid) + resident_kb(x->scan.pid)
           + resident_kb(x->object.pid);
}
