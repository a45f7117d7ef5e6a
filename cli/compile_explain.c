/* compile_explain: see compile_explain.h. */
#include "compile_explain.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "diag.h"
#include "graph.h"
#include "mem.h"
#include "python.h"

/* Compilers run in processes of their own; what else may crash in the child
 * of a plain module is libclang, whose recursion ends with its stack. */
static bool
is_libclang(const struct module *m, int number)
{
    return m->kind == MODULE_PLAIN && number != SIGKILL
           && number != SIGTERM;
}

void
explain_end(const struct module *m, int status, int limit_ms,
            struct diag_list *diags)
{
    struct diag *d = diag_add(diags);
    d->severity = DIAG_ERROR;
    d->path = mem_copy_str(m->source);
    if (limit_ms > 0) {
        d->message = mem_format("the compiler had not ended after %d s and "
                                "was killed",
                                (limit_ms + 999) / 1000);
    }
    else if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        if (is_libclang(m, number)) {
            d->message = mem_format("libclang crashed with signal %d (%s) "
                                    "while it read the source",
                                    number, strsignal(number));
            d->help = mem_copy_str("cut an expression of thousands of terms "
                                   "into parts, or move it to a source "
                                   "without cowbird.h");
            return;
        }
        d->message = mem_format("the compile was killed by signal %d (%s)%s",
                                number, strsignal(number),
                                number == SIGKILL ? "; is memory short?"
                                                  : "");
    }
    else {
        d->message = mem_format("the compile ended without a word (exit "
                                "status %d)",
                                WEXITSTATUS(status));
    }
}

void
explain_headers(const struct python *p, struct diag_list *diags)
{
    for (size_t i = 0; i < diags->count && !p->has_headers; i++) {
        struct diag *d = &diags->items[i];
        if (d->severity == DIAG_ERROR && d->help == NULL
            && strstr(d->message, "Python.h") != NULL)
        {
            d->help = mem_format("install the headers of Python %d.%d "
                                 "(Debian, Ubuntu: apt install "
                                 "python%d.%d-dev)",
                                 p->major, p->minor, p->major, p->minor);
            return;
        }
    }
}
