/* recordings: what `cowbird bench` asks a session: what serves, and the
 * arguments of calls that the app makes.
 *
 * Each worker that has imported the module records on its own; all of it goes
 * through to the client as it comes. One recording at a time. See dev.h.
 */
#include "dev.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "list.h"
#include "mem.h"

/* For workers that are asked: their answers come at once, or at the end. */
struct recording {
    struct dev *dev;
    struct peer *client; /* NULL: gone; the struct is free */
    uint64_t id;
    unsigned timer;
    char *module, *function;
    uint64_t left;      /* calls still to come */
    long *asked;        /* pids of workers */
    size_t asked_count;
    size_t waiting;     /* those that have not said whether they do */
    size_t recorders;   /* those that do */
    char *refusal;      /* why one does not, or NULL */
    char *folder;       /* of the app: … */
    struct list paths;  /* … and its sys.path */
};

/* -- what serves ---------------------------------------------------------- */

/* The first worker that has the module; NULL: none. */
static struct peer *
find_worker(const struct dev *d, const char *module)
{
    struct peer *p = peers_next(d->peers, NULL);
    while (p != NULL && !(p->is_worker && peer_module(p, module) != NULL)) {
        p = peers_next(d->peers, p);
    }
    return p;
}

static void
put_text(struct buf *b, const char *text)
{
    msg_put_str(b, text == NULL ? "" : text);
}

static void
put_content(struct buf *b, const struct served *v)
{
    static const struct digest unknown;
    char text[DIGEST_TEXT] = "";
    if (v != NULL && !digest_equal(&v->content, &unknown)) {
        digest_text(&v->content, text);
    }
    msg_put_str(b, text);
}

static void
put_modules(struct buf *b, const struct target *t)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->served_count; i++) {
        count += t->served[i]->artefact != NULL;
    }
    msg_put_u64(b, count);
    for (size_t i = 0; i < t->served_count; i++) {
        const struct served *v = t->served[i];
        if (v->artefact != NULL) {
            msg_put_str(b, v->module->name);
            msg_put_str(b, v->module->stem);
            msg_put_str(b, v->artefact);
            msg_put_str(b, v->module->source);
        }
    }
}

void
recordings_tell_served(struct dev *d, struct peer *p, struct msg *m)
{
    char *name = msg_get_str(m);
    struct err e = ERR_INIT;
    struct buf b = BUF_INIT;
    if (msg_end(m, &e) < 0 || graph_find(d->graph, name) == NULL) {
        if (!err_is_set(&e)) {
            workers_refuse_name(d, name, &e);
        }
        msg_start(&b, MSG_DONE);
        msg_put_u64(&b, 1);
        msg_put_str(&b, e.text);
    }
    else {
        const struct peer *worker = find_worker(d, name);
        const struct target *t = worker == NULL
                                     ? NULL
                                     : workers_target(d, worker->soabi);
        t = t == NULL ? d->env.targets[0] : t;
        const struct served *v = target_find(t, name);
        const struct former *last = v == NULL || v->former_count == 0
                                        ? NULL
                                        : &v->former[v->former_count - 1];
        msg_start(&b, MSG_SERVED);
        msg_put_str(&b, worker == NULL || worker->executable[0] == '\0'
                            ? t->python.executable
                            : worker->executable);
        put_text(&b, v == NULL ? NULL : v->artefact);
        put_text(&b, v == NULL ? NULL : v->compiler);
        put_content(&b, v);
        put_text(&b, last == NULL ? NULL : last->artefact);
        put_text(&b, last == NULL ? NULL : last->compiler);
        put_modules(&b, t);
    }
    peer_send(p, &b);
    buf_dispose(&b);
    free(name);
}

/* -- calls ---------------------------------------------------------------- */

/* `calls` 0: enough. */
static void
order(const struct recording *r, struct peer *worker, uint64_t calls)
{
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_RECORD);
    msg_put_u64(&b, r->id);
    msg_put_str(&b, r->module);
    msg_put_str(&b, r->function);
    msg_put_u64(&b, calls);
    peer_send(worker, &b);
    buf_dispose(&b);
}

static bool
is_asked(const struct recording *r, const struct peer *p)
{
    for (size_t i = 0; i < r->asked_count; i++) {
        if (r->asked[i] == p->pid) {
            return true;
        }
    }
    return false;
}

void
recordings_worker(struct dev *d, struct peer *p)
{
    struct recording *r = d->recording;
    if (r != NULL && peer_module(p, r->module) != NULL && !is_asked(r, p)) {
        r->asked = mem_resize(r->asked, r->asked_count + 1,
                              sizeof(*r->asked));
        r->asked[r->asked_count++] = p->pid;
        r->waiting++;
        order(r, p, r->left);
    }
}

static void
each_worker(const struct recording *r,
            void (*what)(struct dev *d, struct peer *p))
{
    for (struct peer *p = peers_next(r->dev->peers, NULL); p != NULL;
         p = peers_next(r->dev->peers, p))
    {
        if (p->is_worker) {
            what(r->dev, p);
        }
    }
}

static void
stop_worker(struct dev *d, struct peer *p)
{
    if (is_asked(d->recording, p)) {
        order(d->recording, p, 0);
    }
}

static void
send_end(struct peer *client, const char *refusal, const char *folder,
         const struct list *paths)
{
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_CALLS);
    msg_put_u64(&b, refusal == NULL ? 0 : 1);
    put_text(&b, refusal);
    put_text(&b, folder);
    msg_put_u64(&b, paths == NULL ? 0 : paths->count);
    for (size_t i = 0; paths != NULL && i < paths->count; i++) {
        msg_put_str(&b, paths->items[i]);
    }
    peer_send(client, &b);
    buf_dispose(&b);
}

/* The client has heard all, or has gone. */
static void
end(struct recording *r)
{
    struct dev *d = r->dev;
    if (r->client != NULL) {
        send_end(r->client, r->recorders > 0 ? NULL : r->refusal, r->folder,
                 &r->paths);
    }
    each_worker(r, stop_worker);
    loop_remove_timer(d->loop, r->timer);
    d->recording = NULL;
    free(r->module);
    free(r->function);
    free(r->asked);
    free(r->refusal);
    free(r->folder);
    list_dispose(&r->paths);
    free(r);
}

static void
on_time(void *data)
{
    struct recording *r = data;
    r->timer = 0;
    end(r);
}

static void
begin(struct dev *d, struct peer *client, const char *module,
      const char *function, uint64_t calls, uint64_t wait_ms)
{
    static uint64_t last_id;
    struct recording *r = mem_new(sizeof(*r));
    *r = (struct recording){.dev = d, .client = client, .id = ++last_id,
                            .module = mem_copy_str(module),
                            .function = mem_copy_str(function),
                            .left = calls};
    d->recording = r;
    each_worker(r, recordings_worker);
    r->timer = loop_add_timer(d->loop,
                              clock_now_ns() + (int64_t)wait_ms * 1000000,
                              on_time, r);
}

void
recordings_ask(struct dev *d, struct peer *p, struct msg *m)
{
    char *module = msg_get_str(m);
    char *function = msg_get_str(m);
    uint64_t calls = msg_get_u64(m);
    uint64_t wait_ms = msg_get_u64(m);
    struct err e = ERR_INIT;
    if (msg_end(m, &e) < 0 || calls == 0) {
        send_end(p, "the question was not understood", NULL, NULL);
    }
    else if (d->recording != NULL) {
        send_end(p, "another bench is recording\ntry again when it has "
                    "ended", NULL, NULL);
    }
    else {
        begin(d, p, module, function, calls, wait_ms);
    }
    free(module);
    free(function);
}

/* With the recording that `id` is of; NULL: it is over. */
static struct recording *
find(const struct dev *d, const struct peer *p, uint64_t id)
{
    struct recording *r = d->recording;
    return r != NULL && p->is_worker && r->id == id ? r : NULL;
}

void
recordings_begun(struct dev *d, struct peer *p, struct msg *m)
{
    struct recording *r = find(d, p, msg_get_u64(m));
    char *refusal = msg_get_str(m);
    char *folder = msg_get_str(m);
    struct list paths = LIST_INIT;
    uint64_t count = msg_get_count(m, 4);
    for (uint64_t i = 0; i < count && !m->is_bad; i++) {
        char *path = msg_get_str(m);
        if (path != NULL) {
            list_add_taken(&paths, path);
        }
    }
    if (msg_end(m, NULL) == 0 && r != NULL) {
        r->waiting -= r->waiting > 0;
        if (refusal[0] != '\0' && r->refusal == NULL) {
            r->refusal = mem_copy_str(refusal);
        }
        if (refusal[0] == '\0') {
            r->recorders++;
        }
        if (refusal[0] == '\0' && r->folder == NULL) {
            r->folder = mem_copy_str(folder);
            list_add_all(&r->paths, &paths);
        }
        if (r->waiting == 0 && r->recorders == 0) {
            end(r);
        }
    }
    list_dispose(&paths);
    free(refusal);
    free(folder);
}

void
recordings_take(struct dev *d, struct peer *p, struct msg *m)
{
    struct recording *r = find(d, p, msg_get_u64(m));
    char *call = msg_get_str(m);
    char *why = msg_get_str(m);
    if (msg_end(m, NULL) == 0 && r != NULL) {
        struct buf b = BUF_INIT;
        msg_start(&b, MSG_CALL);
        msg_put_str(&b, call);
        msg_put_str(&b, why);
        peer_send(r->client, &b);
        buf_dispose(&b);
        if (--r->left == 0) {
            end(r);
        }
    }
    free(call);
    free(why);
}

void
recordings_gone(struct dev *d, const struct peer *p)
{
    struct recording *r = d->recording;
    if (r != NULL && r->client == p) {
        r->client = NULL;
        end(r);
    }
}

void
recordings_dispose(struct dev *d)
{
    if (d->recording != NULL) {
        d->recording->client = NULL;
        end(d->recording);
    }
}
