/* binding: what the tests of bindgen share: the binding of a source, how it
 * reads, and what is refused in which words. */
#ifndef BINDING_H
#define BINDING_H

#include "bindgen.h"
#include "check.h"
#include "folder.h"
#include "plain.h"

static char *folder;

/* The binding of `text` in `out`; what plain_bind returns. */
static int
bind(const char *text, struct buf *out, struct diag_list *diags)
{
    struct list sources = LIST_INIT;
    struct list none = LIST_INIT;
    struct err e = ERR_INIT;
    list_add_taken(&sources, folder_write(folder, "m.c", text));
    struct plain_options o = {.name = "pkg.m",
                              .sources = &sources,
                              .includes = &none,
                              .flags = &none,
                              .system_dirs = &none};
    int status = plain_bind(&o, out, NULL, diags, &e);
    if (status < 0) {
        fprintf(stderr, "%s\n", e.text);
    }
    list_dispose(&sources);
    return status;
}

static void
check_reads(const char *text, const char *signature)
{
    struct buf out = BUF_INIT;
    struct diag_list diags = DIAG_LIST_INIT;
    char *source = mem_format("#include <cowbird.h>\n%s\n", text);
    char *wanted = mem_format("\"%s\\n\"", signature);
    CHECK(bind(source, &out, &diags) == 0);
    if (strstr(buf_text(&out), wanted) == NULL) {
        CHECK_STR(buf_text(&out), wanted);
    }
    free(wanted);
    free(source);
    buf_dispose(&out);
    diag_list_dispose(&diags);
}

static void
check_refused(const char *text, const char *message, const char *help)
{
    struct buf out = BUF_INIT;
    struct diag_list diags = DIAG_LIST_INIT;
    char *source = mem_format("#include <cowbird.h>\n\n%s\n", text);
    CHECK(bind(source, &out, &diags) == 1);
    CHECK(diags.count == 1 && diags.items[0].line == 3);
    CHECK(diags.items[0].severity == DIAG_ERROR && diags.items[0].column > 0);
    CHECK_STR(diags.items[0].message, message);
    CHECK_STR(diags.items[0].help, help);
    free(source);
    buf_dispose(&out);
    diag_list_dispose(&diags);
}

#endif
