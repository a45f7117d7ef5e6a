/* client: see client.h. */
#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "json.h"
#include "mem.h"
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
client_connect(const struct config *config, const char *session,
               struct buf *help, struct err *e)
{
    struct session_info *infos = NULL;
    size_t count = 0;
    if (session_list(&infos, &count, e) < 0) {
        return -1;
    }
    int fd = choose(infos, count, config->root, session, help, e);
    for (size_t i = 0; i < count; i++) {
        session_info_dispose(&infos[i]);
    }
    free(infos);
    return fd;
}

bool
client_begin(struct client *c, const char *command, bool takes_words,
             size_t count, char **argv, int *status)
{
    *c = (struct client){.common = COMMON_INIT};
    const struct opt table[] = {
        {OPT_STRING, "session", NULL, 0, &c->session, "ID",
         "which of several sessions"},
        COMMON_OPTIONS(c->common),
        OPT_END,
    };
    return common_begin(&c->common, command, table, OPT_ANYWHERE, count, argv,
                        takes_words ? &c->rest : NULL, &c->config, status);
}

int
client_ask(struct client *c, struct buf *question, enum msg_type type)
{
    size_t taken = 0;
    int fd = client_connect(&c->config, c->session, &c->help, &c->e);
    int status = -1;
    if (fd >= 0 && msg_finish(question, &c->e) == 0
        && msg_send(fd, question, ANSWER_MS, &c->e) == 0
        && msg_recv(fd, &c->in, &c->answer, &taken, ANSWER_MS, &c->e) >= 0)
    {
        status = c->answer.type == type
                     ? 0
                     : err_set(&c->e, ERR_BUG,
                               "the session answered with message %u",
                               c->answer.type);
    }
    if (fd >= 0) {
        close(fd);
    }
    buf_dispose(question);
    return status;
}

/* What was done, of which the first line names the subject. */
static void
say_done(const struct client *c, const char *subject, const char *text)
{
    struct json all = {.type = JSON_OBJECT};
    struct json *done = json_put(&all, "done", JSON_ARRAY);
    const char *verb = subject;
    while (text[0] != '\0') {
        size_t len = strcspn(text, "\n");
        char *line = mem_copy_range(text, len);
        report_setup(verb, "%s", line);
        json_put_str(done, NULL, line);
        free(line);
        verb = "";
        text += len + (text[len] == '\n');
    }
    if (c->common.json != NULL) {
        struct buf out = BUF_INIT;
        json_print(&all, NULL, &out);
        report_result(buf_text(&out));
        buf_dispose(&out);
    }
    json_dispose(&all);
}

void
client_order(struct client *c, struct buf *question, const char *subject)
{
    if (client_ask(c, question, MSG_DONE) < 0) {
        return;
    }
    uint64_t refused = msg_get_u64(&c->answer);
    char *text = msg_get_str(&c->answer);
    if (msg_end(&c->answer, &c->e) == 0 && refused != 0) {
        /* what helps stands on a line of its own */
        size_t len = strcspn(text, "\n");
        buf_add_str(&c->help, text[len] == '\0' ? "" : text + len + 1);
        err_set(&c->e, ERR_REFUSED, "%.*s", (int)len, text);
    }
    else if (!err_is_set(&c->e)) {
        say_done(c, subject, text);
    }
    free(text);
}

int
client_end(struct client *c)
{
    int status = STATUS_DONE;
    if (err_is_set(&c->e)) {
        status = common_fail(&c->e, c->help.len > 0 ? c->help.data : NULL);
    }
    buf_dispose(&c->help);
    buf_dispose(&c->in);
    common_end(&c->common, &c->rest, &c->config);
    return status;
}
