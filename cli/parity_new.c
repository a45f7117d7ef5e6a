/* parity_new: see parity_new.h. */
#include "parity_new.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "template.h"

int
parity_new_read(struct parity_new *n, const char *what,
                const struct python *p, struct buf *help, struct err *e)
{
    return pyfunc_read(&n->function, what, p, help, e) == 0
                   && parity_make(&n->parity, &n->function, help, e) == 0
               ? 0
               : -1;
}

/* What to import the app as, and the folder that it is then found from; both
 * on the heap. */
static int
name_app(const struct parity_new *n, char **module, char **root,
         struct buf *help, struct err *e)
{
    struct scaffold app = SCAFFOLD_INIT;
    const char *path = n->function.path;
    char *real = path_real(path);
    char *here = path_real(".");
    *module = NULL;
    *root = NULL;
    int status = 0;
    if (!path_is_below(real, here) || strcmp(path_suffix(path), ".py") != 0) {
        buf_add_str(help, "the test imports it: call this in the folder that "
                          "the app starts in");
        status = err_set(e, ERR_USAGE, "%s is no module below %s", path,
                         here);
    }
    if (status == 0) {
        const char *below = path_below(real, here);
        char *word = mem_copy_range(below, strlen(below) - strlen(".py"));
        status = scaffold_plan(&app, word, ".", help, e);
        free(word);
    }
    if (status == 0) {
        size_t tail = strlen(app.module) + strlen("/.py");
        *module = mem_copy_str(app.module);
        *root = mem_copy_range(real, strlen(real) - tail);
    }
    scaffold_dispose(&app);
    free(real);
    free(here);
    return status;
}

/* The way from the folder of `path` up to `root`: "../.."; `root` itself when
 * it is not above. On the heap. */
static char *
way_up(const char *path, const char *root)
{
    if (!path_is_below(path, root)) {
        return mem_copy_str(root);
    }
    struct buf up = BUF_INIT;
    for (const char *at = path_below(path, root);
         (at = strchr(at, '/')) != NULL; at++)
    {
        buf_add_str(&up, up.len > 0 ? "/.." : "..");
    }
    if (up.len == 0) {
        buf_add_str(&up, ".");
    }
    return buf_take(&up);
}

static int
fill(const char *templates, const char *name,
     const struct template_mark *marks, struct buf *out, struct err *e)
{
    char *path = mem_format("%s/parity/%s", templates, name);
    struct buf text = BUF_INIT;
    int status = file_read(path, &text, e);
    if (status == 0) {
        template_fill_in(buf_text(&text), marks, out);
    }
    buf_dispose(&text);
    free(path);
    return status;
}

int
parity_new_plan(struct parity_new *n, const struct scaffold *s,
                const char *templates, bool is_forced, struct buf *help,
                struct err *e)
{
    char *app = NULL, *root = NULL;
    const struct parity *p = &n->parity;
    n->test = scaffold_beside(s, "test_", ".py");
    if (name_app(n, &app, &root, help, e) < 0) {
        return -1;
    }
    char *up = way_up(n->test, root);
    const struct template_mark marks[] = {
        {"@MODULE@", s->module},
        {"@NAME@", s->stem},
        {"@APP@", app},
        {"@ROOT@", up},
        {"@FILE@", n->function.path},
        {"@FUNCTION@", n->function.name},
        {"@TEST@", path_base(n->test)},
        {"@FUNCTION_C@", p->function},
        {"@IMPORTS@", p->imports},
        {"@PACKAGES@", p->packages},
        {"@STRATEGIES@", p->strategies},
        {"@NAMES@", p->names},
        {"@PLACES@", p->places},
        {"@KEYWORDS@", p->keywords},
        {"@CONVERTED@", p->converted},
        {NULL, NULL},
    };
    int status = fill(templates, "function.c", marks, &n->source_text, e);
    if (status == 0) {
        status = fill(templates, "test.py", marks, &n->test_text, e);
    }
    if (status == 0 && !is_forced && path_is_file(n->test)) {
        buf_add_str(help, "--force replaces it");
        status = err_set(e, ERR_USAGE, "%s is there already",
                         path_below(n->test, s->base));
    }
    free(up);
    free(root);
    free(app);
    return status;
}

int
parity_new_write(const struct parity_new *n, const struct scaffold *s,
                 bool is_forced, struct err *e)
{
    return scaffold_add(s->source, &n->source_text, is_forced, e) == 0
                   && scaffold_add(n->test, &n->test_text, is_forced, e) == 0
               ? 0
               : -1;
}

void
parity_new_dispose(struct parity_new *n)
{
    pyfunc_dispose(&n->function);
    parity_dispose(&n->parity);
    buf_dispose(&n->source_text);
    buf_dispose(&n->test_text);
    free(n->test);
    *n = (struct parity_new)PARITY_NEW_INIT;
}
