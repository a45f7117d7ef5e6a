/* pyi: see pyi.h. */
#include "pyi.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bindgen_call.h"
#include "bindgen_plan.h"
#include "bindgen_values.h"
#include "digest.h"
#include "enumeration.h"
#include "exception.h"
#include "path.h"
#include "pyi_text.h"
#include "pyname.h"
#include "structure.h"
#include "way.h"

enum { DIGITS = 16 }; /* of a source's digest; sha256sum begins with them */

void
pyi_add_mark(struct buf *out, const struct list *sources)
{
    buf_add_str(out, PYI_MARK COWBIRD_VERSION " from");
    for (size_t i = 0; i < sources->count; i++) {
        struct digest d = {{0}};
        char text[DIGEST_TEXT];
        digest_file(sources->items[i], &d, NULL);
        digest_text(&d, text);
        buf_add_fmt(out, "%s %s (sha256 %.*s)", i > 0 ? "," : "",
                    path_base(sources->items[i]), DIGITS, text);
    }
    buf_add_str(out, "; changes here are lost.\n");
}

/* -- what a module holds -------------------------------------------------- */

static void
add_constant(struct pyi_text *t, const struct constant *k)
{
    static const char *const words[] = {
        [CONSTANT_INT] = "int",
        [CONSTANT_FLOAT] = "float",
        [CONSTANT_TEXT] = "str",
    };
    buf_add_fmt(&t->body, "%s: ", k->name);
    pyi_add_type(t, "Final");
    buf_add_str(&t->body, "[");
    if (values_have(k)) {
        buf_add_str(&t->body, k->of->name);
    }
    else {
        pyi_add_type(t, words[k->kind]);
    }
    buf_add_str(&t->body, "]\n");
}

static void
add_enumeration(struct pyi_text *t, const struct enumeration *e)
{
    buf_add_fmt(&t->body, "\nclass %s(", e->name);
    pyi_add_type(t, "IntEnum");
    buf_add_str(&t->body, "):\n");
    if (e->doc != NULL) {
        pyi_add_doc(&t->body, "    ", e->doc);
    }
    enumeration_annotate(&t->body, e);
}

static void
add_parameters(struct pyi_text *t, const struct plan *p)
{
    const char *between = "";
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->at < 0) {
            continue;
        }
        struct buf type = BUF_INIT;
        a->way->annotate(&type, p, a);
        buf_add_fmt(&t->body, "%s%s: ", between, a->name);
        pyi_add_type(t, buf_text(&type));
        if (a->shown != NULL) {
            buf_add_fmt(&t->body, " = %s", a->shown);
        }
        buf_dispose(&type);
        between = ", ";
        if (a->at + 1 == p->first_named) {
            buf_add_str(&t->body, ", /");
        }
    }
}

static void
add_results(struct pyi_text *t, const struct plan *p)
{
    struct buf type = BUF_INIT;
    buf_add_str(&type, p->result_count > 1 ? "tuple[" : "");
    for (size_t i = 0; i < p->result_count; i++) {
        buf_add_str(&type, i > 0 ? ", " : "");
        p->results[i].giving->annotate(&type, p, &p->results[i]);
    }
    buf_add_str(&type, p->result_count > 1    ? "]"
                       : p->result_count == 0 ? "None"
                                              : "");
    pyi_add_type(t, buf_text(&type));
    buf_dispose(&type);
}

static void
add_function(struct pyi_text *t, const struct surface *s,
             const struct function *f)
{
    struct diag_list diags = DIAG_LIST_INIT;
    struct plan p;
    if (plan_make(&p, s, f, &diags) < 0) {
        /* bindgen_write has refused the module before */
    }
    else if (pyname_is_keyword(f->name)) {
        buf_add_fmt(&t->body,
                    "\n# '%s' is a word of Python: getattr() reaches it.\n",
                    f->name);
    }
    else {
        buf_add_fmt(&t->body, "\ndef %s(", f->name);
        add_parameters(t, &p);
        buf_add_str(&t->body, ") -> ");
        bool is_async = plan_is_async(f);
        pyi_add_type(t, is_async ? "Coroutine[Any, Any, " : "");
        add_results(t, &p);
        buf_add_str(&t->body, is_async ? "]:\n" : ":\n");
        char *doc = call_doc(f);
        pyi_add_doc(&t->body, "    ", doc);
        free(doc);
    }
    plan_dispose(&p);
    diag_list_dispose(&diags);
}

/* close() gives what the CB_CLOSES function does. */
static void
add_class(struct pyi_text *t, const struct surface *s, const struct handle *h)
{
    struct diag_list diags = DIAG_LIST_INIT;
    struct plan p;
    buf_add_str(&t->body, "\n@");
    pyi_add_type(t, "final");
    buf_add_fmt(&t->body, "\nclass %s:\n", h->name);
    if (h->closer == NULL) {
        buf_add_str(&t->body, "    ...\n");
    }
    else if (plan_make(&p, s, h->closer, &diags) == 0) {
        buf_add_str(&t->body, "    def close(self) -> ");
        add_results(t, &p);
        if (p.result_count > 0) {
            pyi_add_type(t, " | None");
        }
        buf_add_fmt(&t->body,
                    ": ...\n    def __enter__(self) -> %s: ...\n"
                    "    def __exit__(self, *what: ",
                    h->name);
        pyi_add_type(t, "object");
        buf_add_str(&t->body, ") -> None: ...\n");
        plan_dispose(&p);
    }
    diag_list_dispose(&diags);
}

/* -- the whole ------------------------------------------------------------ */

static void
define(struct pyi_text *t, const struct surface *s)
{
    for (size_t i = 0; i < s->handle_count; i++) {
        list_add_new(&t->defined, s->handles[i].name);
    }
    for (size_t i = 0; i < s->exception_count; i++) {
        list_add_new(&t->defined, s->exceptions[i].name);
    }
    for (size_t i = 0; i < s->constant_count; i++) {
        list_add(&t->defined, s->constants[i].name);
    }
    for (size_t i = 0; i < s->function_count; i++) {
        list_add(&t->defined, s->functions[i].name);
    }
}

static void
add_exception(struct buf *out, const struct exception *e, size_t number,
              const char *module)
{
    (void)number;
    (void)module;
    bool is_fault = strcmp(e->name, FAULT_CLASS) == 0;
    buf_add_fmt(out, "\nclass %s(%s):%s\n", e->name, exception_base(e),
                is_fault ? "\n"
                           "    signal: str\n"
                           "    function: str | None\n"
                           "    file: str | None\n"
                           "    line: int | None\n"
                           "    address: int | None\n"
                           "    generation: int"
                         : " ...");
}

static void
add_body(struct pyi_text *t, const struct surface *surfaces, size_t count)
{
    struct diag_list diags = DIAG_LIST_INIT;
    struct values values;
    values_find(&values, surfaces, count, &diags);
    for (size_t i = 0; i < values.enumeration_count; i++) {
        list_add(&t->defined, values.enumerations[i]->name);
    }
    for (size_t i = 0; i < values.structure_count; i++) {
        list_add(&t->defined, values.structures[i]->name);
    }
    for (size_t i = 0; i < count; i++) {
        define(t, &surfaces[i]);
    }
    struct buf exceptions = BUF_INIT;
    exception_tell_all(&exceptions, surfaces, count, "", add_exception);
    pyi_add_type(t, buf_text(&exceptions));
    buf_dispose(&exceptions);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].constant_count; k++) {
            add_constant(t, &surfaces[i].constants[k]);
        }
    }
    for (size_t i = 0; count > 0 && i < surfaces[0].handle_count; i++) {
        add_class(t, &surfaces[0], &surfaces[0].handles[i]);
    }
    for (size_t i = 0; i < values.enumeration_count; i++) {
        add_enumeration(t, values.enumerations[i]);
    }
    for (size_t i = 0; i < values.structure_count; i++) {
        structure_annotate(t, values.structures[i]);
    }
    values_dispose(&values);
    diag_list_dispose(&diags);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].function_count; k++) {
            add_function(t, &surfaces[i],
                         &surfaces[i].functions[k]);
        }
    }
}

void
pyi_write(struct buf *out, const struct surface *surfaces, size_t count)
{
    struct pyi_text t = PYI_TEXT_INIT;
    const char *doc = NULL;
    for (size_t i = 0; doc == NULL && i < count; i++) {
        doc = surfaces[i].doc;
    }
    if (doc != NULL) {
        pyi_add_doc(out, "", doc);
    }
    add_body(&t, surfaces, count);
    pyi_add_imports(&t, out);
    bool has_constants = t.body.len > 0 && buf_text(&t.body)[0] != '\n';
    buf_add_fmt(out, "%s%s", has_constants ? "\n" : "", buf_text(&t.body));
    pyi_text_dispose(&t);
}
