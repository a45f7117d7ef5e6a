/* warm_scan: see warm_scan.h. */
#include "warm_scan.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compile_job.h"
#include "plain.h"
#include "warm_child.h"

/* Longer than any scan takes; then the alarm ends us. */
#define SCAN_S 5
#define FIRST_SCAN_S 30

static void
answer(struct plain_kept *k, const struct plain_options *o, int fd)
{
    struct buf text = BUF_INIT;
    struct buf stub = BUF_INIT;
    struct diag_list diags = DIAG_LIST_INIT;
    struct plain_binding to = {&text, &stub, &diags};
    alarm(SCAN_S);
    int status = plain_bind_again(k, o, &to);
    scan_answer_write(fd, status, &text, &stub, &diags);
    alarm(0);
    if (status < 0) {
        _exit(1);
    }
    buf_dispose(&text);
    buf_dispose(&stub);
    diag_list_dispose(&diags);
}

void
warm_scan_run(const struct job *j, int fd, const char *folder, pid_t parent)
{
    struct list flags = LIST_INIT;
    struct buf order = BUF_INIT;
    int fds[2];
    warm_child_begin(parent, fd, fd);
    signal(SIGPIPE, SIG_IGN); /* a compile may be cancelled */
    setenv("TMPDIR", folder, 1);
    alarm(FIRST_SCAN_S);
    struct plain_options o = job_plain_options(j, &flags);
    struct plain_kept *k = plain_keep(&o, NULL);
    alarm(0);
    pid_t word = WARM_READY;
    if (k == NULL || send(fd, &word, sizeof(word), MSG_NOSIGNAL) < 0) {
        _exit(1);
    }
    while (warm_child_wait(fd, &order, fds)) {
        answer(k, &o, fds[0]);
        close(fds[0]);
    }
    _exit(0);
}
