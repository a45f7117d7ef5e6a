/* parity_function: see parity_function.h. */
#include "parity_function.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "wire/buf.h"

/* Each line of `text` as a comment; a backslash at its end would join the
 * next one to it. */
static void
add_comment_line(struct buf *out, const char *margin, const char *line)
{
    size_t len = strlen(line);
    while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL) {
        len--;
    }
    bool joins = len > 0 && line[len - 1] == '\\';
    buf_add_fmt(out, "%s//%s%.*s%s\n", margin, len > 0 ? " " : "", (int)len,
                line, joins ? " ..." : "");
}

static void
add_doc(struct buf *out, const char *doc)
{
    while (*doc != '\0') {
        size_t len = strcspn(doc, "\n");
        char *line = mem_copy_range(doc, len);
        add_comment_line(out, "", line);
        free(line);
        doc += len + (doc[len] == '\n');
    }
}

/* In one line where they fit, else one a line, all in one column. */
static void
add_parameters(struct buf *out, const struct list *parameters, size_t column)
{
    char *line = list_join(parameters, ", ");
    bool fits = column + strlen(line) < 79;
    for (size_t i = 0; i < parameters->count; i++) {
        if (i > 0 && !fits) {
            buf_add_fmt(out, ",\n%*s", (int)column, "");
        }
        else if (i > 0) {
            buf_add_str(out, ", ");
        }
        buf_add_str(out, parameters->items[i]);
    }
    if (parameters->count == 0) {
        buf_add_str(out, "void");
    }
    free(line);
}

char *
parity_function_write(const struct pyfunc *f, const char *result,
                      const struct list *parameters)
{
    struct buf out = BUF_INIT;
    bool is_pointer = result[strlen(result) - 1] == '*';
    bool is_void = strcmp(result, "void") == 0;
    const char *give = is_void || is_pointer ? "" : "return ";
    add_doc(&out, f->doc);
    buf_add_fmt(&out, "%s%s%s(", result, is_pointer ? "" : "\n", f->name);
    add_parameters(&out, parameters, strlen(f->name) + 1);
    buf_add_str(&out, ")\n{\n    // The Python that this replaces:\n    //\n");
    for (size_t i = 0; i < f->lines.count; i++) {
        add_comment_line(&out, "    ", f->lines.items[i]);
    }
    buf_add_fmt(&out,
                "    %scb_raise(CB_NotImplementedError,\n"
                "    %*s         \"%s() is still to be written in C\");\n%s}",
                give, (int)strlen(give), "", f->name,
                is_pointer ? "    return NULL;\n" : "");
    return buf_take(&out);
}
