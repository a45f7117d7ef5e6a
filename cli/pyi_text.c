/* pyi_text: see pyi_text.h. */
#include "pyi_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* The names that annotations may use beside what the module defines. */
static const struct {
    const char *name;
    const char *from; /* the module to import it from; NULL: a builtin */
} known[] = {
    {"bool", NULL},
    {"bytes", NULL},
    {"complex", NULL},
    {"float", NULL},
    {"int", NULL},
    {"memoryview", NULL},
    {"object", NULL},
    {"str", NULL},
    {"tuple", NULL},
    {"IntEnum", "enum"},
    {"Any", "typing"},
    {"Final", "typing"},
    {"final", "typing"},
    {"Iterable", "collections.abc"},
    {"Iterator", "collections.abc"},
    {"Buffer", "collections.abc"},
    {"Callable", "collections.abc"},
    {"Coroutine", "collections.abc"},
};

#define KNOWN_COUNT (sizeof(known) / sizeof(known[0]))

/* Whether the module has a name that is equal to that of a type. */
static bool
is_hidden(const struct pyi_text *t, size_t i)
{
    return list_has(&t->used, known[i].name)
           && list_has(&t->defined, known[i].name);
}

static void
add_name(struct pyi_text *t, const char *name, size_t len)
{
    char *word = mem_copy_range(name, len);
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (strcmp(known[i].name, word) == 0) {
            list_add_new(&t->used, word);
            buf_add_str(&t->body, !is_hidden(t, i)         ? ""
                                  : known[i].from == NULL ? "builtins."
                                                          : "_");
        }
    }
    buf_add_str(&t->body, word);
    free(word);
}

void
pyi_add_type(struct pyi_text *t, const char *text)
{
    while (*text != '\0') {
        bool is_own = text[0] == '@';
        size_t len = 0;
        text += is_own;
        while (isalnum((unsigned char)text[len]) || text[len] == '_') {
            len++;
        }
        if (len > 0 && !is_own) {
            add_name(t, text, len);
        }
        else {
            len = len == 0 ? 1 : len;
            buf_add(&t->body, text, len);
        }
        text += len;
    }
}

void
pyi_add_doc(struct buf *out, const char *margin, const char *text)
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

static void
add_import(struct buf *out, const struct pyi_text *t, size_t i)
{
    const char *name = known[i].name;
    if (is_hidden(t, i)) {
        buf_add_fmt(out, "from %s import %s as _%s\n", known[i].from, name,
                    name);
    }
    else {
        buf_add_fmt(out, "from %s import %s\n", known[i].from, name);
    }
}

/* Before 3.12 no type takes all buffers (numpy's arrays are none for a
 * checker there), and a false error is worse than none. */
static void
add_buffer_import(struct buf *out, const struct pyi_text *t, size_t i)
{
    buf_add_str(out, "\nif sys.version_info >= (3, 12):\n    ");
    add_import(out, t, i);
    buf_add_fmt(out, "else:\n    from typing import Any as %s%s\n",
                is_hidden(t, i) ? "_" : "", known[i].name);
}

void
pyi_add_imports(const struct pyi_text *t, struct buf *out)
{
    struct buf names = BUF_INIT;
    struct buf after = BUF_INIT;
    bool hides_builtin = false;
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (known[i].from == NULL) {
            hides_builtin |= is_hidden(t, i);
        }
        else if (!list_has(&t->used, known[i].name)) {
            continue;
        }
        else if (strcmp(known[i].name, "Buffer") == 0) {
            add_buffer_import(&after, t, i);
        }
        else {
            add_import(&names, t, i);
        }
    }
    bool is_any = hides_builtin || names.len + after.len > 0;
    buf_add_fmt(out, "%s%s%s%s%s", is_any ? "\n" : "",
                hides_builtin ? "import builtins\n" : "",
                after.len > 0 ? "import sys\n" : "", buf_text(&names),
                buf_text(&after));
    buf_dispose(&names);
    buf_dispose(&after);
}

void
pyi_text_dispose(struct pyi_text *t)
{
    buf_dispose(&t->body);
    list_dispose(&t->defined);
    list_dispose(&t->used);
    *t = (struct pyi_text)PYI_TEXT_INIT;
}
