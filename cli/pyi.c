/* pyi: see pyi.h. */
#include "pyi.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bindgen_call.h"
#include "bindgen_plan.h"
#include "digest.h"
#include "mem.h"
#include "path.h"
#include "way.h"

enum { DIGITS = 16 }; /* of a source's digest; sha256sum begins with them */

/* The names that annotations may use beside what the module defines. */
static const struct {
    const char *name;
    const char *from; /* the module to import it from; NULL: a builtin */
} known[] = {
    {"bool", NULL},
    {"bytes", NULL},
    {"float", NULL},
    {"int", NULL},
    {"memoryview", NULL},
    {"str", NULL},
    {"tuple", NULL},
    {"Final", "typing"},
    {"Buffer", "collections.abc"},
};

#define KNOWN_COUNT (sizeof(known) / sizeof(known[0]))

struct pyi {
    struct buf body;
    struct list defined;      /* the module's own names */
    bool is_used[KNOWN_COUNT];
    bool hides_builtin; /* one of its names is that of a type */
};

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

/* -- pieces --------------------------------------------------------------- */

static void
add_name(struct pyi *y, const char *name, size_t len)
{
    char *word = mem_copy_range(name, len);
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (strcmp(known[i].name, word) != 0) {
            continue;
        }
        y->is_used[i] = true;
        if (known[i].from == NULL && list_has(&y->defined, word)) {
            buf_add_str(&y->body, "builtins.");
            y->hides_builtin = true;
        }
    }
    buf_add_str(&y->body, word);
    free(word);
}

/* An annotation; a type that a function of the module hides is reached
 * through builtins. */
static void
add_type(struct pyi *y, const char *text)
{
    while (*text != '\0') {
        size_t len = 0;
        while (isalnum((unsigned char)text[len]) || text[len] == '_') {
            len++;
        }
        if (len > 0) {
            add_name(y, text, len);
        }
        else {
            buf_add(&y->body, text, len = 1);
        }
        text += len;
    }
}

/* A docstring whose lines after the first begin with `margin`. */
static void
add_doc(struct buf *out, const char *margin, const char *text)
{
    size_t end = strlen(text);
    while (end > 0 && isspace((unsigned char)text[end - 1])) {
        end--;
    }
    buf_add_fmt(out, "%s\"\"\"", margin);
    for (size_t i = 0; i < end; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n') {
            bool is_blank = text[i + 1] == '\n';
            buf_add_fmt(out, "\n%s", is_blank ? "" : margin);
        }
        else if (c == '\\' || c == '"') {
            buf_add_fmt(out, "\\%c", c);
        }
        else if ((c < 32 && c != '\t') || c == 127) {
            buf_add_fmt(out, "\\x%02x", c);
        }
        else {
            buf_add(out, text + i, 1);
        }
    }
    buf_add_str(out, "\"\"\"\n");
}

/* -- what a module holds -------------------------------------------------- */

static void
add_constant(struct pyi *y, const struct constant *k)
{
    static const char *const words[] = {
        [CONSTANT_INT] = "int",
        [CONSTANT_FLOAT] = "float",
        [CONSTANT_TEXT] = "str",
    };
    buf_add_fmt(&y->body, "%s: ", k->name);
    add_type(y, "Final");
    buf_add_str(&y->body, "[");
    add_type(y, words[k->kind]);
    buf_add_str(&y->body, "]\n");
}

static void
add_parameters(struct pyi *y, const struct plan *p)
{
    const char *between = "";
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->at < 0) {
            continue;
        }
        struct buf type = BUF_INIT;
        a->way->annotate(&type, p, a);
        buf_add_fmt(&y->body, "%s%s: ", between, a->name);
        add_type(y, buf_text(&type));
        if (a->shown != NULL) {
            buf_add_fmt(&y->body, " = %s", a->shown);
        }
        buf_dispose(&type);
        between = ", ";
        if (a->at + 1 == p->first_named) {
            buf_add_str(&y->body, ", /");
        }
    }
}

static void
add_results(struct pyi *y, const struct plan *p)
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
    add_type(y, buf_text(&type));
    buf_dispose(&type);
}

static void
add_function(struct pyi *y, const struct surface *s,
             const struct function *f)
{
    struct diag_list diags = DIAG_LIST_INIT;
    struct plan p;
    if (plan_make(&p, s, f, &diags) < 0) {
        /* bindgen_write has refused the module before */
    }
    else if (plan_is_keyword(f->name)) {
        buf_add_fmt(&y->body,
                    "\n# '%s' is a word of Python: getattr() reaches it.\n",
                    f->name);
    }
    else {
        buf_add_fmt(&y->body, "\ndef %s(", f->name);
        add_parameters(y, &p);
        buf_add_str(&y->body, ") -> ");
        add_results(y, &p);
        buf_add_str(&y->body, ":\n");
        char *doc = call_doc(f);
        add_doc(&y->body, "    ", doc);
        free(doc);
    }
    plan_dispose(&p);
    diag_list_dispose(&diags);
}

/* -- the whole ------------------------------------------------------------ */

static void
define(struct pyi *y, const struct surface *s)
{
    for (size_t i = 0; i < s->constant_count; i++) {
        list_add(&y->defined, s->constants[i].name);
    }
    for (size_t i = 0; i < s->function_count; i++) {
        list_add(&y->defined, s->functions[i].name);
    }
}

static void
add_body(struct pyi *y, const struct surface *surfaces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        define(y, &surfaces[i]);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].constant_count; k++) {
            add_constant(y, &surfaces[i].constants[k]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].function_count; k++) {
            add_function(y, &surfaces[i],
                         &surfaces[i].functions[k]);
        }
    }
}

/* Before 3.12 no type takes all buffers (numpy's arrays are none for a
 * checker there), and a false error is worse than none. */
static const char buffer_import[]
    = "if sys.version_info >= (3, 12):\n"
      "    from collections.abc import Buffer\n"
      "else:\n"
      "    from typing import Any as Buffer\n";

static void
add_imports(struct buf *out, const struct pyi *y)
{
    struct buf plain = BUF_INIT;
    struct buf names = BUF_INIT;
    const char *after = "";
    buf_add_str(&plain, y->hides_builtin ? "import builtins\n" : "");
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (!y->is_used[i] || known[i].from == NULL) {
            continue;
        }
        if (strcmp(known[i].name, "Buffer") == 0) {
            after = buffer_import;
            buf_add_str(&plain, "import sys\n");
        }
        else {
            buf_add_fmt(&names, "from %s import %s\n", known[i].from,
                        known[i].name);
        }
    }
    bool is_any = plain.len + names.len > 0;
    buf_add_fmt(out, "%s%s%s%s%s", is_any ? "\n" : "", buf_text(&plain),
                buf_text(&names), after[0] != '\0' ? "\n" : "", after);
    buf_dispose(&plain);
    buf_dispose(&names);
}

void
pyi_write(struct buf *out, const struct surface *surfaces, size_t count)
{
    struct pyi y = {.body = BUF_INIT, .defined = LIST_INIT};
    const char *doc = NULL;
    for (size_t i = 0; doc == NULL && i < count; i++) {
        doc = surfaces[i].doc;
    }
    if (doc != NULL) {
        add_doc(out, "", doc);
    }
    add_body(&y, surfaces, count);
    add_imports(out, &y);
    bool has_constants = y.body.len > 0 && buf_text(&y.body)[0] != '\n';
    buf_add_fmt(out, "%s%s", has_constants ? "\n" : "", buf_text(&y.body));
    buf_dispose(&y.body);
    list_dispose(&y.defined);
}
