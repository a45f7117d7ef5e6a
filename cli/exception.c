/* exception: see exception.h. */
#include "exception.h"

#include <stdbool.h>
#include <string.h>

/* A header of the project may declare it for several sources. */
static bool
is_told(const struct surface *surfaces, size_t i, size_t k)
{
    const char *name = surfaces[i].exceptions[k].name;
    for (size_t a = 0; a <= i; a++) {
        size_t end = a < i ? surfaces[a].exception_count : k;
        for (size_t b = 0; b < end; b++) {
            if (strcmp(surfaces[a].exceptions[b].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

void
exception_tell_all(struct buf *out, const struct surface *surfaces,
                   size_t count, const char *module, exception_teller tell)
{
    size_t number = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].exception_count; k++) {
            if (!is_told(surfaces, i, k)) {
                tell(out, &surfaces[i].exceptions[k], number++, module);
            }
        }
    }
}

const char *
exception_base(const struct exception *e)
{
    return e->base + strlen("CB_");
}

/* The class is known by a name of its own: a save that puts another before it
 * finds the right one. */
static void
declare(struct buf *out, const struct exception *e, size_t number,
        const char *module)
{
    (void)module;
    buf_add_fmt(out,
                "extern const enum cb_exception cb_kind_%s CB_SYMBOL(\"%s\")"
                ";\nconst enum cb_exception cb_kind_%s\n"
                "    = (enum cb_exception)(CB_OWN_KINDS + %zu);\n"
                "static PyObject *cb_exception_%s;\n\n",
                e->name, e->name, e->name, number, e->name);
}

static void
add_case(struct buf *out, const struct exception *e, size_t number,
         const char *module)
{
    (void)module;
    buf_add_fmt(out,
                "    if ((int)kind == CB_OWN_KINDS + %zu) {\n"
                "        return cb_exception_%s;\n    }\n",
                number, e->name);
}

void
exception_write(struct buf *out, const struct surface *surfaces, size_t count)
{
    size_t before = out->len;
    exception_tell_all(out, surfaces, count, "", declare);
    if (out->len > before) {
        buf_add_str(out, "PyObject *\n"
                         "cb_own_exception(enum cb_exception kind)\n{\n");
        exception_tell_all(out, surfaces, count, "", add_case);
        buf_add_str(out, "    return NULL;\n}\n\n");
    }
}

static void
add_making(struct buf *out, const struct exception *e, size_t number,
           const char *module)
{
    (void)number;
    buf_add_fmt(out,
                "    if (cb_add_exception(module, \"%s.%s\", \"%s\",\n"
                "                         PyExc_%s, &cb_exception_%s) < 0) {"
                "\n        return -1;\n    }\n",
                module, e->name, e->name, exception_base(e), e->name);
}

void
exception_write_exec(struct buf *out, const struct surface *surfaces,
                     size_t count, const char *module)
{
    exception_tell_all(out, surfaces, count, module, add_making);
}
