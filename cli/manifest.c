/* manifest: see manifest.h. */
#include "manifest.h"

#include <stdarg.h>
#include <stdlib.h>

#include "file.h"
#include "mem.h"

/* Text in which tabs and newlines cannot be told from the form's own. */
static void
add_field(struct buf *b, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte < 32 || byte == '%' || byte == 127) {
            buf_add_fmt(b, "%%%02X", byte);
        }
        else {
            buf_add(b, c, 1);
        }
    }
}

/* One line of tab-separated fields; the last argument is NULL. */
static void
add_line(struct buf *b, const char *first, ...)
{
    va_list args;
    va_start(args, first);
    for (const char *field = first; field != NULL;
         field = va_arg(args, const char *))
    {
        if (field != first) {
            buf_add_str(b, "\t");
        }
        add_field(b, field);
    }
    va_end(args);
    buf_add_str(b, "\n");
}

void
manifest_start(struct buf *b, bool is_dev)
{
    add_line(b, "cowbird", "1", is_dev ? "dev" : "run", (char *)NULL);
}

void
manifest_add_guest(struct buf *b, const char *path)
{
    add_line(b, "guest", path, (char *)NULL);
}

void
manifest_add_module(struct buf *b, const struct manifest_module *m)
{
    char *number = mem_format("%llu", (unsigned long long)m->generation);
    char *shown = mem_format("%llu", (unsigned long long)m->shown);
    add_line(b, "module", m->name, m->stem, number, m->image, m->origin,
             m->source, shown, m->tier, (char *)NULL);
    free(number);
    free(shown);
}

void
manifest_add_failed(struct buf *b, const char *name, const char *diagnostics,
                    const char *source)
{
    add_line(b, "failed", name, diagnostics, source, (char *)NULL);
}

int
manifest_write(const struct buf *b, const char *dir, const char *soabi,
               struct err *e)
{
    char *path = mem_format("%s/manifest.%s", dir, soabi);
    int status = file_write(path, b->data, b->len, e);
    free(path);
    return status;
}
