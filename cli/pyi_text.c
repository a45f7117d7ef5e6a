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
    {"Final", "typing"},
    {"final", "typing"},
    {"Buffer", "collections.abc"},
};

#define KNOWN_COUNT (sizeof(known) / sizeof(known[0]))

static void
add_name(struct pyi_text *t, const char *name, size_t len)
{
    char *word = mem_copy_range(name, len);
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (strcmp(known[i].name, word) != 0) {
            continue;
        }
        list_add_new(&t->used, word);
        if (known[i].from == NULL && list_has(&t->defined, word)) {
            buf_add_str(&t->body, "builtins.");
            t->hides_builtin = true;
        }
    }
    buf_add_str(&t->body, word);
    free(word);
}

void
pyi_add_type(struct pyi_text *t, const char *text)
{
    while (*text != '\0') {
        size_t len = 0;
        while (isalnum((unsigned char)text[len]) || text[len] == '_') {
            len++;
        }
        if (len > 0) {
            add_name(t, text, len);
        }
        else {
            buf_add(&t->body, text, len = 1);
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

/* Before 3.12 no type takes all buffers (numpy's arrays are none for a
 * checker there), and a false error is worse than none. */
static const char buffer_import[]
    = "if sys.version_info >= (3, 12):\n"
      "    from collections.abc import Buffer\n"
      "else:\n"
      "    from typing import Any as Buffer\n";

void
pyi_add_imports(const struct pyi_text *t, struct buf *out)
{
    struct buf plain = BUF_INIT;
    struct buf names = BUF_INIT;
    const char *after = "";
    buf_add_str(&plain, t->hides_builtin ? "import builtins\n" : "");
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (!list_has(&t->used, known[i].name) || known[i].from == NULL) {
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
pyi_text_dispose(struct pyi_text *t)
{
    buf_dispose(&t->body);
    list_dispose(&t->defined);
    list_dispose(&t->used);
    *t = (struct pyi_text)PYI_TEXT_INIT;
}
