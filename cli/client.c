/* client: see client.h. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "session.h"

/* Longer than a swap may take, undo included. */
#define ANSWER_MS 15000

static bool
is_wanted(const struct session_info *i, const char *root, const char *id)
{
    if (id != NULL) {
        return strncmp(i->id, id, strlen(id)) == 0;
    }
    return strcmp(i->root, root) == 0 || path_is_below(root, i->root)
           || path_is_below(i->root, root);
}

static int
choose(struct session_info *infos, size_t count, const char *root,
       const char *id, struct buf *help, struct err *e)
{
    struct session_info *found = NULL;
    size_t matches = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(&infos[i], root, id)) {
            found = &infos[i];
            matches++;
        }
    }
    if (matches == 0) {
        if (id != NULL) {
            return err_set(e, ERR_BUILD, "no running session '%s'", id);
        }
        buf_add_str(help, "start one with: cowbird run APP.py "
                          "--compile-path=. --dev");
        return err_set(e, ERR_BUILD, "no running session of %s", root);
    }
    if (matches > 1) {
        buf_add_str(help, "pick one:");
        for (size_t i = 0; i < count; i++) {
            if (is_wanted(&infos[i], root, id)) {
                buf_add_fmt(help, "\n    --session %s   %s (pid %ld)",
                            infos[i].id, infos[i].root, infos[i].pid);
            }
        }
        return err_set(e, ERR_BUILD, "%zu sessions are running", matches);
    }
    return session_connect(found, e);
}

int
client_connect(const char *root, const char *id, struct buf *help,
               struct err *e)
{
    struct session_info *infos = NULL;
    size_t count = 0;
    if (session_list(&infos, &count, e) < 0) {
        return -1;
    }
    int fd = choose(infos, count, root, id, help, e);
    for (size_t i = 0; i < count; i++) {
        session_info_dispose(&infos[i]);
    }
    free(infos);
    return fd;
}

int
client_ask(int fd, struct buf *question, enum msg_type type, struct buf *in,
           struct msg *m, struct err *e)
{
    size_t taken = 0;
    if (msg_finish(question, e) < 0
        || msg_send(fd, question, ANSWER_MS, e) < 0
        || msg_recv(fd, in, m, &taken, ANSWER_MS, e) < 0)
    {
        return -1;
    }
    if (m->type != type) {
        return err_set(e, ERR_BUG, "the session answered with message %u",
                       m->type);
    }
    return 0;
}
