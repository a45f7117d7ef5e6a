/* Which exit status belongs to which failure, and what is said with it. */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"
#include "folder.h"

/* Fails with `code` and returns the exit status; `said` gets what stood on
 * stderr. */
static int
fail(enum err_code code, const char *help, char **said)
{
    char *folder = folder_new();
    char *path = path_join(folder, "err");
    struct buf text = BUF_INIT;
    struct err e = ERR_INIT;
    int real = dup(STDERR_FILENO);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(real >= 0 && fd >= 0);
    dup2(fd, STDERR_FILENO);
    close(fd);
    err_set(&e, code, "it went wrong");
    int status = common_fail(&e, help);
    report_dispose();
    dup2(real, STDERR_FILENO);
    close(real);
    CHECK(file_read(path, &text, NULL) == 0);
    folder_free(folder);
    free(path);
    *said = buf_take(&text);
    return status;
}

static void
check_status(enum err_code code, int status)
{
    char *said = NULL;
    CHECK(fail(code, NULL, &said) == status);
    CHECK_STR(said, "error: it went wrong\n");
    free(said);
}

static void
the_status_tells_whose_fault_it_is(void)
{
    check_status(ERR_BUILD, STATUS_FAILED);
    check_status(ERR_REFUSED, STATUS_FAILED);
    check_status(ERR_CLOSED, STATUS_FAILED);
    check_status(ERR_USAGE, STATUS_USAGE);
    check_status(ERR_SYSTEM, STATUS_USAGE);
}

static void
a_bug_of_ours_asks_to_be_reported(void)
{
    char *said = NULL;
    CHECK(fail(ERR_BUG, "look here", &said) == 101);
    CHECK_STR(said, "error: it went wrong\n"
                    "  = help: look here\n"
                    "  = help: this is a bug in cowbird " COWBIRD_VERSION
                    "; please report it with this line and the output of "
                    "'cowbird doctor'\n");
    free(said);
}

int
main(void)
{
    RUN(the_status_tells_whose_fault_it_is);
    RUN(a_bug_of_ours_asks_to_be_reported);
    return 0;
}
