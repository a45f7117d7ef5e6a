/* compile_plain: the binding of a plain module within its compile;
 * compile_job.h's compile_bind and compile.h's compile_expand. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binding_file.h"
#include "clock.h"
#include "compile.h"
#include "compile_child.h"
#include "compile_entry.h"
#include "compile_job.h"
#include "csource.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "plain.h"
#include "toolchain.h"

struct plain_options
job_plain_options(const struct job *j, struct list *flags)
{
    list_add_all(flags, &j->t->cppflags);
    list_add_all(flags, &j->t->cflags);
    list_add_all(flags, &j->flags);
    return (struct plain_options){.name = j->plain_name,
                                  .sources = &j->sources,
                                  .includes = &j->includes,
                                  .flags = flags,
                                  .std = j->std,
                                  .system_dirs = &j->t->system_dirs,
                                  .python = j->p};
}

static int
bind(const struct job *j, struct buf *out, struct buf *stub,
     struct diag_list *diags, struct err *e)
{
    struct list flags = LIST_INIT;
    struct plain_options o = job_plain_options(j, &flags);
    int status = plain_bind(&o, out, stub, diags, e);
    list_dispose(&flags);
    return status;
}

/* The line that makes the module a plain one. */
static unsigned
cowbird_line(const char *path)
{
    struct buf text = BUF_INIT;
    unsigned line = 1;
    if (file_read(path, &text, NULL) == 0) {
        struct csource s;
        csource_read(&s, buf_text(&text), text.len, NULL);
        line = s.cowbird_line > 0 ? s.cowbird_line : 1;
        csource_dispose(&s);
    }
    buf_dispose(&text);
    return line;
}

/* -- a warm scan's answer ------------------------------------------------- */

/* From when its compiler is through; the process itself gives up sooner. */
#define ANSWER_MS 6000

struct answer {
    uint64_t text_len;
    uint64_t stub_len;
};

void
scan_answer_write(int fd, int status, const struct buf *text,
                  const struct buf *stub, const struct diag_list *diags)
{
    struct answer head = {text->len, stub->len};
    struct buf all = BUF_INIT;
    if (status >= 0) {
        buf_add(&all, &head, sizeof(head));
        buf_add(&all, text->data, text->len);
        buf_add(&all, stub->data, stub->len);
        diag_store(diags, &all);
        buf_add(&all, "\0", 1);
        child_write(fd, all.data, all.len);
    }
    buf_dispose(&all);
}

static bool
read_all(int fd, struct buf *all)
{
    int64_t until = clock_now_ns() + ANSWER_MS * INT64_C(1000000);
    char bytes[16384];
    for (;;) {
        int64_t left = (until - clock_now_ns()) / 1000000;
        struct pollfd polled = {fd, POLLIN, 0};
        if (left <= 0 || poll(&polled, 1, (int)left) != 1) {
            return false;
        }
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n <= 0) {
            return n == 0;
        }
        buf_add(all, bytes, (size_t)n);
    }
}

/* False: there is none, or it is not whole. */
static bool
take_answer(int fd, struct buf *text, struct buf *stub,
            struct diag_list *diags)
{
    struct answer head;
    struct buf all = BUF_INIT;
    bool is_whole = fd >= 0 && read_all(fd, &all) && all.len > sizeof(head)
                    && all.data[all.len - 1] == '\0';
    if (is_whole) {
        memcpy(&head, all.data, sizeof(head));
        const char *at = all.data + sizeof(head);
        buf_add(text, at, head.text_len);
        buf_add(stub, at + head.text_len, head.stub_len);
        diag_restore(diags, at + head.text_len + head.stub_len);
    }
    buf_dispose(&all);
    return is_whole;
}

static void
say_unbound(const struct job *j, const struct err *e, struct diag_list *diags)
{
    struct diag *d = diag_add(diags);
    d->severity = DIAG_ERROR;
    d->path = mem_copy_str(j->sources.items[0]);
    d->line = cowbird_line(d->path);
    d->message = mem_copy_str(e->text);
}

bool
compile_bind(struct job *j, struct diag_list *diags)
{
    struct err e = ERR_INIT;
    bool is_bound = take_answer(j->scan_fd, &j->binding, &j->stub, diags)
                    || bind(j, &j->binding, &j->stub, diags, &e) >= 0;
    if (!is_bound) {
        say_unbound(j, &e, diags);
    }
    return is_bound;
}

bool
compile_place_binding(struct job *j, struct diag_list *diags)
{
    struct err e = ERR_INIT;
    if (j->binding_path != NULL) {
        return true;
    }
    j->binding_path = binding_file_write(j->stem, buf_text(&j->binding), &e);
    if (j->binding_path == NULL) {
        say_unbound(j, &e, diags);
        return false;
    }
    list_add(&j->sources, j->binding_path);
    return true;
}

static int
keep(const struct job *j, const char *ending, const struct buf *text,
     struct err *e)
{
    char *path = mem_format("%s/%s%s", j->folder, j->stem, ending);
    int status = text->len == 0
                     ? 0
                     : file_write_new(path, buf_text(text), text->len, e);
    free(path);
    return status;
}

int
compile_keep_binding(const struct job *j, struct err *e)
{
    return keep(j, ".binding.c", &j->binding, e) < 0
                   || keep(j, ".pyi", &j->stub, e) < 0
               ? -1
               : 0;
}

int
compile_expand(const struct toolchain *t, const struct python *p,
               struct module *m, struct buf *out, struct buf *stub,
               struct diag_list *diags, struct err *e)
{
    struct job j;
    if (job_init(&j, t, p, m, TIER_OPTIMISED, e) < 0) {
        return -1;
    }
    int status = bind(&j, out, stub, diags, e);
    diag_fill_sources(diags);
    job_dispose(&j);
    return status;
}
