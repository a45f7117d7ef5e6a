/* warm_tcc: see warm_tcc.h.
 *
 * libtcc has no words for "wait here". But it calls us to say a warning: a
 * #warning after the preamble is where we wait, inside its parser. A fork
 * there is a compiler in the middle of its work, and the file that it reads
 * on is ours to replace.
 */
#include "warm_tcc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compile_child.h"
#include "compile_entry.h"
#include "compile_job.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "preamble.h"
#include "tcc_state.h"
#include "toolchain.h"

#define FD_MAX 256
#define LISTING_MAX (4 << 20)

struct warm_tcc {
    struct job *job;
    const struct tcc *tcc;
    struct tcc_state state;
    char *mark;
    char *dir;       /* of the source */
    struct buf text; /* the source as it was when we began */
    size_t len;      /* of the preamble */
    unsigned line;   /* behind it */
    int order;       /* the socket */
    int listing;
    int source;      /* the file that libtcc reads, ours */
    pid_t bench;
    /* in the child of an order */
    int record;
    int own_listing;
    bool is_added; /* the source went through */
};

static void
write_whole(int fd, const struct buf *b)
{
    size_t done = 0;
    while (done < b->len) {
        ssize_t n = write(fd, b->data + done, b->len - done);
        if (n < 0 && errno != EINTR) {
            _exit(2);
        }
        done += n > 0 ? (size_t)n : 0;
    }
}

static int
open_memory(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) {
        _exit(2);
    }
    return fd;
}

/* -- an order ------------------------------------------------------------- */

/* The path that comes with a descriptor; false when the bench is gone. */
static bool
take_order(struct warm_tcc *w, struct buf *folder)
{
    char bytes[4096];
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec io = {bytes, sizeof(bytes)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    ssize_t n;
    do {
        n = recvmsg(w->order, &m, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    struct cmsghdr *c = n <= 0 ? NULL : CMSG_FIRSTHDR(&m);
    if (c == NULL || c->cmsg_type != SCM_RIGHTS) {
        return false;
    }
    memcpy(&w->record, CMSG_DATA(c), sizeof(int));
    buf_clear(folder);
    buf_add(folder, bytes, (size_t)n);
    return true;
}

/* The rest of the source as it is now, for libtcc to read on; false when it
 * does not begin as it did. */
static bool
read_rest(const struct warm_tcc *w, struct buf *rest)
{
    const char *path = w->job->sources.items[0];
    struct buf text = BUF_INIT;
    struct preamble p = {.line = 1};
    bool is_same = file_read(path, &text, NULL) == 0 && text.len >= w->len
                   && memcmp(text.data, w->text.data, w->len) == 0;
    if (is_same) {
        preamble_read(&p, text.data, text.len);
        is_same = p.len >= w->len;
    }
    if (is_same) {
        buf_add_fmt(rest, "#line %u \"%s\"\n", w->line, path);
        preamble_copy(&p, text.data, w->len, text.len, w->dir, rest);
    }
    preamble_dispose(&p);
    buf_dispose(&text);
    return is_same;
}

/* libtcc's own descriptor of our file. */
static int
find_descriptor(int source)
{
    struct stat ours, other;
    fstat(source, &ours);
    for (int fd = 0; fd < FD_MAX; fd++) {
        if (fd != source && fstat(fd, &other) == 0
            && other.st_ino == ours.st_ino && other.st_dev == ours.st_dev)
        {
            return fd;
        }
    }
    return -1;
}

static void
become_child(struct warm_tcc *w, const struct buf *folder,
             const struct buf *rest)
{
    compile_child_begin(w->bench);
    close(w->order);
    job_set_folder(w->job, mem_copy_str(buf_text(folder)));
    int fd = open_memory("rest");
    int libtccs = find_descriptor(w->source);
    write_whole(fd, rest);
    w->own_listing = open_memory("read");
    if (libtccs < 0 || lseek(fd, 0, SEEK_SET) < 0
        || dup3(fd, libtccs, O_CLOEXEC) < 0
        || dup2(w->own_listing, STDOUT_FILENO) < 0)
    {
        _exit(2);
    }
    close(fd);
}

/* A brother, not a child: the bench waits for it and kills it as it does
 * with any compile's. */
static pid_t
fork_beside(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
}

/* Where libtcc's #warning brings us. Returns in the child of an order only,
 * and libtcc reads on there. */
static void
wait_for_orders(void *data)
{
    struct warm_tcc *w = data;
    struct buf folder = BUF_INIT;
    struct buf rest = BUF_INIT;
    pid_t pid = WARM_READY;
    fflush(NULL); /* libtcc lists what it reads through stdio */
    send(w->order, &pid, sizeof(pid), MSG_NOSIGNAL);
    while (take_order(w, &folder)) {
        buf_clear(&rest);
        pid = read_rest(w, &rest) ? fork_beside() : 0;
        if (pid == 0 && rest.len > 0) {
            become_child(w, &folder, &rest);
            return;
        }
        pid = pid < 0 ? 0 : pid;
        close(w->record);
        send(w->order, &pid, sizeof(pid), MSG_NOSIGNAL);
    }
    _exit(0);
}

/* -- the rest of a compile ------------------------------------------------ */

static void
add_listing(int fd, struct list *files)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size < LISTING_MAX) {
        char *text = mem_new((size_t)st.st_size + 1);
        if (pread(fd, text, (size_t)st.st_size, 0) == st.st_size) {
            tcc_state_listing(text, files);
        }
        free(text);
    }
}

/* In the place of compile_tcc_run: the first source is through already. */
static bool
go_on(void *data, const struct job *j, struct record *r, char **why)
{
    struct warm_tcc *w = data;
    bool is_good = w->is_added;
    for (size_t i = 1; is_good && i < j->sources.count; i++) {
        is_good = tcc_state_add(&w->state, j->sources.items[i]);
    }
    is_good = is_good && tcc_state_link(&w->state, j, w->tcc);
    fflush(NULL);
    add_listing(w->listing, &r->files);
    if (r->files.count > 0) { /* our own file; it stands for the source */
        list_remove_at(&r->files, 0);
    }
    list_add_new(&r->files, j->sources.items[0]);
    add_listing(w->own_listing, &r->files);
    return compile_tcc_take(j, r, buf_text(&w->state.words),
                            is_good ? NULL : "exit status 1", why);
}

/* -- the process ---------------------------------------------------------- */

/* Nothing of the bench's may stay open here: its peers and its lock would
 * seem to live on. */
static void
keep_only(int a, int b)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i <= 2 && null >= 0; i++) {
        dup2(null, i);
    }
    DIR *all = opendir("/proc/self/fd");
    struct dirent *d;
    while (all != NULL && (d = readdir(all)) != NULL) {
        int fd = atoi(d->d_name);
        if (fd > 2 && fd != a && fd != b && fd != dirfd(all)) {
            close(fd);
        }
    }
    if (all == NULL) {
        _exit(2);
    }
    closedir(all);
}

static bool
begin(struct warm_tcc *w)
{
    const char *path = w->job->sources.items[0];
    struct preamble p = {.line = 1};
    struct buf text = BUF_INIT;
    bool is_fit = false;
    w->dir = path_dir(path);
    /* it stands in a #line and in #includes as it is */
    if (strpbrk(path, "\"\\\n\r") == NULL
        && file_read(path, &w->text, NULL) == 0)
    {
        preamble_read(&p, buf_text(&w->text), w->text.len);
        is_fit = p.why == NULL;
    }
    w->len = p.len;
    w->line = p.line;
    w->mark = mem_format("cowbird-%ld-waits", (long)getpid());
    if (is_fit) {
        buf_add_fmt(&text, "#line 1 \"%s\"\n", path);
        preamble_copy(&p, w->text.data, 0, w->len, w->dir, &text);
        buf_add_fmt(&text, "#warning %s\n", w->mark);
        w->source = open_memory("preamble.c");
        write_whole(w->source, &text);
    }
    buf_dispose(&text);
    preamble_dispose(&p);
    return is_fit;
}

void
warm_tcc_run(struct job *j, int fd, int listing, pid_t parent)
{
    struct warm_tcc w = {.job = j, .order = fd, .listing = listing,
                         .bench = parent};
    compile_child_begin(parent);
    keep_only(fd, listing);
    w.tcc = toolchain_tcc(j->t, j->p);
    if (!begin(&w) || dup2(listing, STDOUT_FILENO) < 0) {
        _exit(1);
    }
    w.state = (struct tcc_state){.mark = w.mark, .hook = wait_for_orders,
                                 .data = &w};
    char *name = mem_format("/proc/self/fd/%d", w.source);
    w.is_added = tcc_state_open(&w.state, j, w.tcc)
                 && tcc_state_add_c(&w.state, name);
    if (j->folder == NULL) {
        _exit(1); /* it failed before it came to wait */
    }
    struct child_way way = {.by_tcc = go_on, .data = &w, .fd = w.record};
    compile_child_end(j, &way);
}
