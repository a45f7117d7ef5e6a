/* dwarf_words: types and values as people write them. See dwarf.h. */
#include "dwarf_entry.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"

#define DEPTH_MAX 40

struct words {
    const struct dwarf *d;
    char *at;
    size_t left;
};

static void
say(struct words *w, const char *text)
{
    int len = snprintf(w->at, w->left, "%s", text);
    size_t used = len < 0 ? 0 : (size_t)len;
    used = used < w->left ? used : w->left - 1;
    w->at += used;
    w->left -= used;
}

static void
say_range(void *data, const struct dwarf_entry *range)
{
    char text[32] = "[]";
    if (range->has_count) {
        snprintf(text, sizeof(text), "[%llu]",
                 (unsigned long long)range->count);
    }
    say(data, text);
}

static void
say_type(struct words *w, uint64_t type, int depth)
{
    struct dwarf_entry e;
    const struct dwarf_unit *u = dwarf_unit_of(w->d, type);
    if (u == NULL || depth > DEPTH_MAX
        || dwarf_entry_read(w->d, u, type, &e) == 0)
    {
        say(w, "void");
        return;
    }
    const char *name = dwarf_real_name(e.name);
    switch (e.tag) {
    case TAG_CONST:
        say(w, "const ");
        say_type(w, e.type, depth + 1);
        return;
    case TAG_VOLATILE:
    case TAG_ATOMIC:
    case TAG_RESTRICT:
        say_type(w, e.type, depth + 1);
        return;
    case TAG_POINTER:
        say_type(w, e.type, depth + 1);
        say(w, " *");
        return;
    case TAG_ARRAY:
        say_type(w, e.type, depth + 1);
        say(w, " ");
        dwarf_children(w->d, &e, TAG_SUBRANGE, say_range, w);
        return;
    case TAG_SUBROUTINE:
        say(w, "function");
        return;
    case TAG_ENUM:
    case TAG_UNION:
    case TAG_STRUCT:
        say(w, e.tag == TAG_ENUM    ? "enum"
               : e.tag == TAG_UNION ? "union"
                                    : "struct");
        say(w, name[0] == '\0' ? "" : " ");
        say(w, name);
        return;
    default:
        say(w, name);
    }
}

void
dwarf_words(const struct dwarf *d, uint64_t type, char *words, size_t size)
{
    struct words w = {d, words, size};
    words[0] = '\0';
    say_type(&w, type, 0);
}

bool
dwarf_number(const struct dwarf *d, uint64_t type,
             const unsigned char *bytes, size_t size, char *words,
             size_t words_size)
{
    struct dwarf_entry e;
    if (!dwarf_strip(d, type, &e) || e.size != size || size > sizeof(uint64_t)
        || (e.tag != TAG_BASE && e.tag != TAG_ENUM))
    {
        return false;
    }
    uint64_t number = 0;
    float narrow = 0;
    double wide = 0;
    unsigned kind = e.tag == TAG_ENUM ? ENCODING_UNSIGNED : dwarf_kind(&e);
    memcpy(&number, bytes, size);
    if (kind == ENCODING_FLOAT) {
        memcpy(&narrow, bytes, size < sizeof(narrow) ? size : sizeof(narrow));
        memcpy(&wide, bytes, size);
        snprintf(words, words_size, "%g",
                 size == sizeof(narrow) ? (double)narrow : wide);
        return size == sizeof(narrow) || size == sizeof(wide);
    }
    if (kind == ENCODING_SIGNED && size < sizeof(number)
        && (number >> (size * 8 - 1)) != 0)
    {
        number |= ~(uint64_t)0 << (size * 8);
    }
    if (kind == ENCODING_SIGNED) {
        snprintf(words, words_size, "%lld", (long long)number);
    }
    else {
        snprintf(words, words_size, "%llu", (unsigned long long)number);
    }
    return true;
}

bool
dwarf_may_be_array(const struct dwarf *d, uint64_t type)
{
    char words[256];
    dwarf_words(d, type, words, sizeof(words));
    size_t len = strlen(words);
    return len == 0 || len + 1 == sizeof(words) || words[len - 1] == ']';
}
