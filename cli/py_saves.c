/* py_saves: whether a save of Python is any of the app's business: asked of
 * its workers, because a file that nobody has imported (a test, a script)
 * needs no restart. See dev.h.
 */
#include "dev.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "mem.h"
#include "path.h"
#include "report.h"

/* Who is silent for so long is taken to have imported it. */
#define ANSWER_MS 1000

struct known_file {
    char *path;
    struct digest digest;
};

/* Whether the content differs from when it was last looked at; the first look
 * counts as a change, because somebody has just saved it. */
static bool
has_changed(struct dev *d, const char *path)
{
    struct digest digest;
    if (digest_file(path, &digest, NULL) < 0) {
        return false; /* deleted: nothing can import it any more */
    }
    for (size_t i = 0; i < d->known_count; i++) {
        struct known_file *k = &d->known[i];
        if (strcmp(k->path, path) == 0) {
            bool differs = !digest_equal(&k->digest, &digest);
            k->digest = digest;
            return differs;
        }
    }
    d->known = mem_resize(d->known, d->known_count + 1, sizeof(*d->known));
    d->known[d->known_count++] =
        (struct known_file){mem_copy_str(path), digest};
    return true;
}

void
py_saves_take(struct dev *d, const char *path)
{
    if (has_changed(d, path)) {
        list_add_new(&d->pending_python, path);
    }
}

/* Named by the command, or read by a server that has no worker of ours. */
static bool
is_of_the_command(const struct dev *d, const char *path)
{
    const char *base = path_base(path);
    size_t len = strlen(base);
    if (len > 8 && strcmp(base + len - 8, ".conf.py") == 0) {
        return true;
    }
    for (size_t i = 0; i < d->launch.argv.count; i++) {
        if (strcmp(path_base(d->launch.argv.items[i]), base) == 0) {
            return true;
        }
    }
    return false;
}

static void
conclude(struct dev *d, bool is_imported)
{
    loop_remove_timer(d->loop, d->python_timer);
    d->python_timer = 0;
    d->python_waiting = 0;
    if (!is_imported) {
        report_detail("python", "%s: nothing has imported it, no restart",
                      path_base(d->asked_python.items[0]));
    }
    list_clear(&d->asked_python);
    d->is_python_due |= is_imported;
    saves_pump(d);
}

static void
on_silence(void *data)
{
    struct dev *d = data;
    d->python_timer = 0;
    conclude(d, true);
}

static unsigned
ask_workers(struct dev *d)
{
    unsigned count = 0;
    struct buf b = BUF_INIT;
    d->python_id++;
    for (struct peer *p = peers_next(d->peers, NULL); p != NULL;
         p = peers_next(d->peers, p))
    {
        if (!p->is_worker) {
            continue;
        }
        msg_start(&b, MSG_IMPORTED_ASK);
        msg_put_u64(&b, d->python_id);
        msg_put_u64(&b, d->asked_python.count);
        for (size_t i = 0; i < d->asked_python.count; i++) {
            msg_put_str(&b, d->asked_python.items[i]);
        }
        peer_send(p, &b);
        count++;
    }
    buf_dispose(&b);
    return count;
}

bool
py_saves_settle(struct dev *d)
{
    if (d->python_waiting > 0) {
        return false;
    }
    if (d->is_python_due || d->pending_python.count == 0) {
        bool is_due = d->is_python_due;
        d->is_python_due = false;
        list_clear(&d->pending_python);
        return is_due;
    }
    bool is_sure = d->config->py_reload == PY_RELOAD_ON;
    bool is_ours = d->app != NULL;
    for (size_t i = 0; i < d->pending_python.count; i++) {
        const char *path = d->pending_python.items[i];
        is_sure |= is_of_the_command(d, path);
        is_ours |= graph_is_interesting(d->graph, path);
        list_add_new(&d->asked_python, path);
    }
    list_clear(&d->pending_python);
    /* Nobody has imported C: nobody can be asked; and what a command writes
     * beside it while it starts would start it again for ever. */
    d->python_waiting = is_sure ? 0 : ask_workers(d);
    if (d->python_waiting == 0) {
        list_clear(&d->asked_python);
        return is_sure || is_ours;
    }
    d->python_timer = loop_add_timer(
        d->loop, clock_now_ns() + ANSWER_MS * 1000000LL, on_silence, d);
    return false;
}

void
py_saves_forget(struct dev *d)
{
    loop_remove_timer(d->loop, d->python_timer);
    d->python_timer = 0;
    d->python_waiting = 0;
    d->is_python_due = false;
    list_clear(&d->pending_python);
    list_clear(&d->asked_python);
}

void
py_saves_answer(struct dev *d, struct msg *m)
{
    uint64_t id = msg_get_u64(m);
    bool is_imported = msg_get_u64(m) != 0;
    if (msg_end(m, NULL) < 0 || id != d->python_id || d->python_waiting == 0)
    {
        return;
    }
    d->python_waiting--;
    if (is_imported || d->python_waiting == 0) {
        conclude(d, is_imported);
    }
}

void
py_saves_dispose(struct dev *d)
{
    for (size_t i = 0; i < d->known_count; i++) {
        free(d->known[i].path);
    }
    free(d->known);
    list_dispose(&d->pending_python);
    list_dispose(&d->asked_python);
}
