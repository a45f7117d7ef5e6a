/* report_json: see report_json.h. */
#include "report_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "json_write.h"
#include "term.h"

static int stream = -1;

/* "fd:3": a copy of our own, so that the app does not inherit it. */
static int
open_fd(const char *digits, struct err *e)
{
    char *end = NULL;
    errno = 0;
    long fd = strtol(digits, &end, 10);
    if (digits[0] < '0' || digits[0] > '9' || *end != '\0' || fd > 65535) {
        return err_set(e, ERR_USAGE, "--json=fd:%s names no descriptor",
                       digits);
    }
    int flags = fcntl((int)fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
        return err_set(e, ERR_USAGE,
                       "--json=fd:%ld is not open for writing", fd);
    }
    int copy = fcntl((int)fd, F_DUPFD_CLOEXEC, 3);
    if (fd > STDERR_FILENO) {
        fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    }
    return copy;
}

int
report_json_open(const char *where, struct err *e)
{
    report_json_close();
    if (where == NULL) {
        return 0;
    }
    if (strcmp(where, "-") == 0) {
        stream = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        return 0; /* a closed stderr swallows what is said, as always */
    }
    if (strncmp(where, "fd:", 3) == 0) {
        stream = open_fd(where + 3, e);
        return stream < 0 ? -1 : 0;
    }
    stream = open(where, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (stream < 0) {
        return err_set(e, ERR_USAGE, "--json=%s cannot be written:", where);
    }
    return 0;
}

void
report_json_close(void)
{
    if (stream >= 0) {
        close(stream);
        stream = -1;
    }
}

/* Closes the object, writes it in one piece and empties it. */
static void
finish(struct buf *line)
{
    buf_add_str(line, "}\n");
    term_write(stream, buf_text(line), line->len);
    buf_dispose(line);
}

static void
add_text(struct buf *line, const char *key, const char *text)
{
    if (text != NULL) {
        buf_add_fmt(line, ",\"%s\":", key);
        json_add_str(line, text);
    }
}

static void
start(struct buf *line, const char *event)
{
    char stamp[9];
    clock_wall(stamp);
    buf_add_fmt(line, "{\"time\":\"%s\",\"event\":\"%s\"", stamp, event);
}

static void
add_field(struct buf *line, const struct report_field *f)
{
    buf_add_fmt(line, ",\"%s\":", f->key);
    if (f->items != NULL) {
        json_add_list(line, f->items);
    }
    else if (f->text != NULL) {
        json_add_str(line, f->text);
    }
    else {
        json_add_number(line, f->number);
    }
}

void
report_json_event(const struct report_event *event, const char *verb)
{
    if (stream < 0) {
        return;
    }
    struct buf line = BUF_INIT;
    start(&line, verb);
    add_text(&line, "subject", event->subject);
    add_text(&line, "text", event->text);
    for (size_t i = 0; i < event->field_count; i++) {
        add_field(&line, &event->fields[i]);
    }
    if (event->diags != NULL) {
        buf_add_str(&line, ",\"diagnostics\":");
        diag_to_json(event->diags, &line);
    }
    add_text(&line, "note", event->note);
    add_text(&line, "help", event->help);
    add_text(&line, "serves", event->serves);
    finish(&line);
}

void
report_json_line(const char *event, const char *subject, const char *text,
                 const char *help)
{
    if (stream < 0) {
        return;
    }
    struct buf line = BUF_INIT;
    start(&line, event);
    add_text(&line, "subject", subject);
    add_text(&line, "text", text);
    add_text(&line, "help", help != NULL && help[0] != '\0' ? help : NULL);
    finish(&line);
}

void
report_json_diags(const struct diag_list *diags)
{
    if (stream < 0 || diags->count == 0) {
        return;
    }
    struct buf line = BUF_INIT;
    start(&line, "diagnostics");
    buf_add_str(&line, ",\"diagnostics\":");
    diag_to_json(diags, &line);
    finish(&line);
}

void
report_json_health(const char *health, const char *subject,
                   const char *text, const char *fix)
{
    if (stream < 0) {
        return;
    }
    struct buf line = BUF_INIT;
    start(&line, "health");
    add_text(&line, "health", health);
    add_text(&line, "subject", subject);
    add_text(&line, "text", text);
    add_text(&line, "fix", fix);
    finish(&line);
}
