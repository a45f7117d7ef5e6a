/* warm_tcc: see warm_tcc.h.
 *
 * libtcc has no words for "wait here". But it calls us to say a warning: a
 * #warning after the preamble is where we wait, inside its parser. A fork
 * there is a compiler in the middle of its work, and the file that it reads
 * on is ours to replace. The fork is made ahead of the order that it is for,
 * and takes it from the socket itself: no save waits for pages to be copied.
 */
#include "warm_tcc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "compile_child.h"
#include "compile_entry.h"
#include "compile_job.h"
#include "file.h"
#include "mem.h"
#include "own_pages.h"
#include "path.h"
#include "preamble.h"
#include "supplied.h"
#include "tcc_listing.h"
#include "tcc_state.h"
#include "toolchain.h"
#include "warm_child.h"

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
    const char *binding; /* that `object` was made of; NULL: none was */
    char *object;
    struct list of_binding; /* what that object was made of */
    off_t binding_len;      /* what was listed by then */
    struct tcc_listing read; /* all else that was, by the order */
    struct tcc_listing both; /* one after the other */
    int order;       /* the socket */
    int listing;
    int source;      /* the file that libtcc reads, ours … */
    int source_fd;   /* … and its own descriptor of it */
    pid_t bench;
    struct own_pages *pages; /* that orders write to */
    /* in the child of an order */
    int record;
    int own_listing;
    int64_t began_ns; /* with the source's rest */
    int64_t added_ns;
    bool is_added; /* the source went through */
};

static off_t
size_of(int fd)
{
    struct stat st;
    fflush(NULL); /* libtcc lists what it reads through stdio */
    return fstat(fd, &st) < 0 || st.st_size > LISTING_MAX ? 0 : st.st_size;
}

static void
read_listing(int fd, off_t from, off_t to, struct tcc_listing *listing)
{
    char *text = mem_new((size_t)(to - from) + 1);
    if (pread(fd, text, (size_t)(to - from), from) == to - from) {
        tcc_listing_read(listing, text);
    }
    free(text);
}

/* -- an order ------------------------------------------------------------- */

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

static void
become_child(struct warm_tcc *w, const int fds[2], const struct buf *folder,
             const struct buf *rest)
{
    const struct buf nothing = BUF_INIT;
    close(w->order);
    tcc_state_free_nothing(&w->state);
    job_set_folder(w->job, mem_copy_str(buf_text(folder)));
    w->record = fds[0];
    w->job->scan_fd = fds[1];
    int fd = warm_child_file("rest", rest);
    w->own_listing = warm_child_file("read", &nothing);
    if (dup3(fd, w->source_fd, O_CLOEXEC) < 0
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

/* Whether the bench has sent something, … */
static bool
is_asked(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};
    return poll(&p, 1, 0) > 0;
}

/* … or has closed its end. */
static bool
is_over(int fd)
{
    struct pollfd p = {fd, 0, 0};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

/* In the fork. It stays in the group of who made it until it has an order, so
 * that both can be ended as one. */
static void
await_order(struct warm_tcc *w, int life, bool is_first)
{
    pid_t word = WARM_READY;
    struct buf folder = BUF_INIT;
    struct buf rest = BUF_INIT;
    int fds[2];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!is_asked(w->order)) {
        own_pages_take(w->pages);
    }
    if (is_first) {
        send(w->order, &word, sizeof(word), MSG_NOSIGNAL);
    }
    while (warm_child_wait(w->order, &folder, fds)) {
        w->began_ns = clock_now_ns();
        bool is_good = read_rest(w, &rest);
        pid_t pid = is_good ? getpid() : 0;
        if (is_good) {
            (void)!write(life, "", 1); /* the next fork is worth making */
            compile_child_begin(w->bench);
        }
        send(w->order, &pid, sizeof(pid), MSG_NOSIGNAL);
        if (is_good) {
            become_child(w, fds, &folder, &rest);
            return;
        }
        buf_clear(&rest);
        close(fds[0]);
        if (fds[1] >= 0) {
            close(fds[1]);
        }
    }
    _exit(0);
}

/* Until all copies of the pipe's other end are closed. False: the fork ended
 * before it had an order, as the next would. */
static bool
await_end(int fd)
{
    char byte;
    ssize_t n;
    bool had_order = false;
    while ((n = read(fd, &byte, 1)) > 0 || (n < 0 && errno == EINTR)) {
        had_order |= n > 0;
    }
    close(fd);
    return had_order;
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

/* What is known before the order; an edit inside a body adds nothing to it. */
static bool
look_around(struct warm_tcc *w)
{
    struct tcc_listing of_binding = TCC_LISTING_INIT;
    off_t end = size_of(w->listing);
    struct tcc_listing *const lists[] = {&w->read, &w->both};
    for (size_t i = 0; i < 2; i++) {
        tcc_listing_add(lists[i], w->job->sources.items[0]);
        read_listing(w->listing, w->binding_len, end, lists[i]);
    }
    read_listing(w->listing, 0, w->binding_len, &of_binding);
    w->of_binding = of_binding.files;
    tcc_listing_add_all(&w->both, &w->of_binding);
    w->source_fd = find_descriptor(w->source);
    return w->source_fd >= 0;
}

/* Where libtcc's #warning brings us. Returns in the child of an order only,
 * and libtcc reads on there; the next fork is made when it has ended. */
static void
wait_for_orders(void *data)
{
    struct warm_tcc *w = data;
    if (!look_around(w)) {
        _exit(0);
    }
    for (bool is_first = true; !is_over(w->order); is_first = false) {
        int life[2];
        if (pipe2(life, O_CLOEXEC) < 0) {
            break;
        }
        pid_t pid = fork_beside();
        if (pid == 0) {
            close(life[0]);
            await_order(w, life[1], is_first);
            return;
        }
        close(life[1]);
        if (pid < 0 || !await_end(life[0])) {
            break;
        }
        child_let_swap(w->order, POLLIN); /* the next save ends it, too */
    }
    _exit(0);
}

/* -- the rest of a compile ------------------------------------------------ */

/* The binding is the one that we made an object of. */
static bool
has_binding(void *data, const struct job *j)
{
    const struct warm_tcc *w = data;
    return w->binding != NULL
           && strcmp(buf_text(&j->binding), w->binding) == 0;
}

/* What was read, in the order of a cold compile; the binding comes last of
 * all. */
static void
take_files(struct warm_tcc *w, off_t before_link, struct list *files)
{
    struct tcc_listing *l = &w->read;
    size_t begun = l->files.count;
    read_listing(w->own_listing, 0, before_link, l);
    if (l->files.count == begun) {
        l = &w->both;
    }
    else {
        tcc_listing_add_all(l, &w->of_binding);
    }
    read_listing(w->own_listing, before_link, size_of(w->own_listing), l);
    *files = l->files; /* the process ends with this record */
    for (size_t i = files->count; i-- > 0 && w->binding != NULL;) {
        if (strcmp(files->items[i], w->object) == 0) {
            list_remove_at(files, i);
        }
    }
}

/* With the first source, and the binding as it was. */
static bool
link_rest(struct warm_tcc *w, const struct job *j, struct record *r)
{
    bool is_good = true;
    for (size_t i = 1; is_good && i < j->sources.count; i++) {
        is_good = tcc_state_add(&w->state, j->sources.items[i]);
    }
    off_t before_link = size_of(w->own_listing);
    is_good = is_good && tcc_state_link(&w->state, j, w->tcc);
    take_files(w, before_link, &r->files);
    return is_good;
}

/* With another binding than libtcc has taken in: all of it once more, as a
 * cold compile does. */
static bool
begin_anew(struct warm_tcc *w, const struct job *j, struct record *r)
{
    struct tcc_listing listing = TCC_LISTING_INIT;
    off_t before = size_of(w->own_listing);
    w->state = (struct tcc_state){.s = NULL};
    bool is_good = tcc_state_open(&w->state, j, w->tcc);
    for (size_t i = 0; is_good && i < j->sources.count; i++) {
        is_good = tcc_state_add(&w->state, j->sources.items[i]);
    }
    is_good = is_good && tcc_state_link(&w->state, j, w->tcc);
    read_listing(w->own_listing, before, size_of(w->own_listing), &listing);
    r->files = listing.files;
    return is_good;
}

/* In the place of compile_tcc_run: the first source is through already. */
static bool
go_on(void *data, const struct job *j, struct record *r, char **why)
{
    struct warm_tcc *w = data;
    int64_t linked_ns = clock_now_ns();
    span_add_copy(&r->spans, &(struct span){.kind = SPAN_TCC,
                                            .pid = getpid(),
                                            .from_ns = w->began_ns,
                                            .to_ns = w->added_ns});
    bool is_anew = w->is_added && w->binding != NULL && !has_binding(w, j);
    bool is_good = w->is_added
                   && (is_anew ? begin_anew(w, j, r) : link_rest(w, j, r));
    if (!w->is_added) {
        take_files(w, size_of(w->own_listing), &r->files);
    }
    span_add(&r->spans, SPAN_LINK, linked_ns);
    return compile_tcc_take(j, r, buf_text(&w->state.words),
                            is_good ? NULL : "exit status 1", why);
}

/* For the next, when the bench has the record. */
static void
note_pages(void *data)
{
    const struct warm_tcc *w = data;
    own_pages_note(w->pages);
}

/* -- the process ---------------------------------------------------------- */

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
        w->source = warm_child_file("preamble", &text);
    }
    buf_dispose(&text);
    preamble_dispose(&p);
    return is_fit;
}

/* A binding parses Python.h and changes seldom: done once, ahead. */
static void
make_object(struct warm_tcc *w, const struct warm_binding *binding)
{
    const struct buf text = {.data = (char *)binding->text,
                             .len = strlen(binding->text)};
    struct tcc_state state = {
        .is_object = true,
        .is_silent = tcc_state_may_be_silent(binding->text)};
    char *name = mem_format(TCC_STATE_OURS "%d",
                            warm_child_file("binding", &text));
    w->object = mem_format("%s/binding.o", binding->folder);
    if (tcc_state_open(&state, w->job, w->tcc)
        && tcc_state_add_c(&state, name)
        && tcc_state_write(&state, w->object) && state.words.len == 0)
    {
        w->binding = binding->text;
    }
    w->binding_len = size_of(w->listing);
    free(name);
}

void
warm_tcc_run(struct job *j, const struct warm_binding *binding, int fd,
             int listing, pid_t parent)
{
    struct warm_tcc w = {.job = j, .order = fd, .listing = listing,
                         .bench = parent};
    warm_child_begin(parent, fd, listing);
    w.tcc = toolchain_tcc(j->t, j->p);
    if (!begin(&w) || dup2(listing, STDOUT_FILENO) < 0) {
        _exit(1);
    }
    w.pages = own_pages_new();
    if (binding->text != NULL && binding->folder != NULL) {
        make_object(&w, binding);
    }
    w.state = (struct tcc_state){.mark = w.mark, .hook = wait_for_orders,
                                 .data = &w};
    char *name = mem_format(TCC_STATE_OURS "%d", w.source);
    j->supplied = supplied_new();
    w.is_added = tcc_state_open(&w.state, j, w.tcc)
                 && (w.binding == NULL || tcc_state_add(&w.state, w.object))
                 && tcc_state_add_c(&w.state, name);
    w.added_ns = clock_now_ns();
    if (j->folder == NULL) {
        _exit(1); /* it failed before it came to wait */
    }
    struct child_way way = {.by_tcc = go_on, .has_binding = has_binding,
                            .lets_swap = true, .at_end = note_pages,
                            .data = &w, .fd = w.record};
    compile_child_end(j, &way);
}
