/* parity_kind: see parity_kind.h. */
#include "parity_kind.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "mem.h"

#define INTS "st.integers(-2**63, 2**63 - 1)"
#define SOME_INTS "st.lists(" INTS ", max_size=100)"
#define SOME_FLOATS "st.lists(st.floats(), max_size=100)"
#define TEXTS                                                                 \
    "st.text(st.characters(codec=\"utf-8\", exclude_characters=\"\\0\"))"
#define NUMPY(type, dtype, strategy)                                          \
    {"NDArray[" dtype "]", "const " type, true, NULL, strategy,               \
     "numpy.array(%s, \"" dtype "\")", "numpy.array(%s, \"" dtype "\")"}
#define NUMPY_INTS(low, high)                                                 \
    "st.lists(st.integers(" low ", " high "), max_size=100)"

static const struct parity_kind kinds[] = {
    {"int", "int64_t", false, "int64_t", INTS, "", ""},
    {"float", "double", false, "double", "st.floats()", "", ""},
    {"bool", "bool", false, "bool", "st.booleans()", "", ""},
    {"complex", "double _Complex", false, "double _Complex",
     "st.complex_numbers()", "", ""},
    {"str", "const char *", false, "const char *", TEXTS, "", ""},
    {"bytes", "const uint8_t", true, NULL, "st.binary()", "", ""},
    {"bytearray", "const uint8_t", true, NULL, "st.binary()",
     "bytearray(%s)", "bytearray(%s)"},
    {"memoryview", "const uint8_t", true, NULL, "st.binary()",
     "memoryview(%s)", "memoryview(%s)"},
    {"list[float]", "const double", true, NULL, SOME_FLOATS, "",
     "array(\"d\", %s)"},
    {"list[int]", "const int64_t", true, NULL, SOME_INTS, "",
     "array(\"q\", %s)"},
    {"array", "const double", true, NULL, SOME_FLOATS, "array(\"d\", %s)",
     "array(\"d\", %s)"},
    {"array[float]", "const double", true, NULL, SOME_FLOATS,
     "array(\"d\", %s)", "array(\"d\", %s)"},
    {"array[int]", "const int64_t", true, NULL, SOME_INTS, "array(\"q\", %s)",
     "array(\"q\", %s)"},
    {"ndarray", "const double", true, NULL, SOME_FLOATS,
     "numpy.array(%s, \"float64\")", "numpy.array(%s, \"float64\")"},
    NUMPY("double", "float64", SOME_FLOATS),
    NUMPY("float", "float32", "st.lists(st.floats(width=32), max_size=100)"),
    NUMPY("int64_t", "int64", SOME_INTS),
    NUMPY("int32_t", "int32", NUMPY_INTS("-2**31", "2**31 - 1")),
    NUMPY("int16_t", "int16", NUMPY_INTS("-2**15", "2**15 - 1")),
    NUMPY("int8_t", "int8", NUMPY_INTS("-2**7", "2**7 - 1")),
    NUMPY("uint64_t", "uint64", NUMPY_INTS("0", "2**64 - 1")),
    NUMPY("uint32_t", "uint32", NUMPY_INTS("0", "2**32 - 1")),
    NUMPY("uint16_t", "uint16", NUMPY_INTS("0", "2**16 - 1")),
    NUMPY("uint8_t", "uint8", NUMPY_INTS("0", "2**8 - 1")),
    {NULL, NULL, false, NULL, NULL, NULL, NULL},
};

const char parity_kinds_shown[]
    = "int, float, bool, complex, str, bytes, list[float], list[int], array, "
      "numpy.typing.NDArray[numpy.float64] and its like";

/* "typing.Sequence[ float ]" as "list[float]", on the heap. */
static char *
normal(const char *annotation)
{
    static const struct {
        const char *from;
        const char *to;
    } words[] = {
        {"List", "list"},        {"Sequence", "list"}, {"Iterable", "list"},
        {"Collection", "list"},  {"Tuple", "tuple"},   {"Any", "any"},
        {"float_", "float64"},   {"double", "float64"},
        {"Buffer", "memoryview"},
    };
    char *out = mem_new(strlen(annotation) * 2 + 16);
    size_t len = 0;
    for (const char *at = annotation; *at != '\0';) {
        size_t word = 0;
        while (isalnum((unsigned char)at[word]) || at[word] == '_') {
            word++;
        }
        if (word == 0) {
            if (*at != ' ') {
                out[len++] = *at;
            }
            at++;
            continue;
        }
        const char *name = at;
        at += word;
        if (*at == '.') {
            at++; /* the name of a module */
            continue;
        }
        char *spelled = mem_copy_range(name, word);
        const char *chosen = spelled;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            chosen = strcmp(spelled, words[i].from) == 0 ? words[i].to
                                                         : chosen;
        }
        memcpy(out + len, chosen, strlen(chosen));
        len += strlen(chosen);
        free(spelled);
    }
    out[len] = '\0';
    return out;
}

const struct parity_kind *
parity_kind_find(const char *annotation)
{
    char *wanted = normal(annotation);
    const struct parity_kind *found = NULL;
    for (size_t i = 0; found == NULL && kinds[i].annotation != NULL; i++) {
        found = strcmp(kinds[i].annotation, wanted) == 0 ? &kinds[i] : NULL;
    }
    free(wanted);
    return found;
}

/* The inside of "word[…]", on the heap; NULL when it is none. */
static char *
inside(const char *normal_form, const char *word)
{
    size_t len = strlen(word), whole = strlen(normal_form);
    if (strncmp(normal_form, word, len) != 0 || normal_form[len] != '['
        || normal_form[whole - 1] != ']')
    {
        return NULL;
    }
    return mem_copy_range(normal_form + len + 1, whole - len - 2);
}

char *
parity_kind_without_none(const char *annotation, bool *had_none)
{
    char *whole = normal(annotation);
    char *inner = inside(whole, "Optional");
    size_t len = strlen(whole);
    *had_none = true;
    if (inner == NULL && len > 5 && strcmp(whole + len - 5, "|None") == 0) {
        inner = mem_copy_range(whole, len - 5);
    }
    if (inner == NULL && strncmp(whole, "None|", 5) == 0) {
        inner = mem_copy_str(whole + 5);
    }
    if (inner == NULL) {
        *had_none = false;
        return whole;
    }
    free(whole);
    return inner;
}

void
parity_kind_split(const char *annotation, struct list *parts)
{
    char *whole = normal(annotation);
    char *inner = inside(whole, "tuple");
    int depth = 0;
    const char *start = inner;
    for (const char *at = inner; at != NULL; at++) {
        depth += (*at == '[') - (*at == ']');
        if ((*at == ',' && depth == 0) || *at == '\0') {
            list_add_taken(parts, mem_copy_range(start, (size_t)(at - start)));
            start = at + 1;
        }
        if (*at == '\0') {
            break;
        }
    }
    free(inner);
    free(whole);
}
