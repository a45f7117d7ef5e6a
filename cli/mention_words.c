/* mention_words: see mention_words.h. */
#include "mention_words.h"

bool
mention_reaches_out(const struct clex_word *w)
{
    static const char *const words[]
        = {"asm", "__asm", "__asm__", "__COUNTER__", "_Pragma", "__pragma",
           "constructor", "__constructor__", "destructor", "__destructor__",
           "alias", "__alias__", "weak", "__weak__", "weakref",
           "__weakref__", "ifunc", "__ifunc__", "section", "__section__",
           "symver", "__symver__", "cleanup", "__cleanup__", "__auto_type",
           "no_reorder", "__no_reorder__", "gnu_inline", "__gnu_inline__",
           "init_priority", "visibility", "__visibility__",
           "__builtin_constant_p", "__TIME__", "__DATE__",
           "__TIMESTAMP__", NULL};
    return clex_is_any(w, words);
}

bool
mention_asks_line(const struct clex_word *w)
{
    static const char *const words[]
        = {"__LINE__", "__builtin_LINE", "assert", "PyErr_BadInternalCall",
           NULL};
    return clex_is_any(w, words);
}

bool
mention_keeps(const struct clex_word *w)
{
    static const char *const words[]
        = {"static", "__func__", "__FUNCTION__", "__PRETTY_FUNCTION__",
           "_Py_IDENTIFIER", "_Py_static_string", NULL};
    return clex_is_any(w, words);
}

/* One with a zero inside. */
bool
mention_is_apart(const struct clex_word *literal)
{
    for (size_t i = 0; i + 1 < literal->len; i++) {
        if (literal->at[i] == '\\') {
            i++;
            if (literal->at[i] == 'x'
                || (literal->at[i] >= '0' && literal->at[i] <= '7'))
            {
                return true;
            }
        }
    }
    return false;
}

struct clex_word
mention_next_word(struct clex *l)
{
    while (l->at < l->end && !clex_is_word_char(*l->at)) {
        l->at++;
    }
    return clex_take_word(l);
}

bool
mention_is_harmless_pragma(struct clex l)
{
    struct clex_word whose = mention_next_word(&l);
    struct clex_word what = mention_next_word(&l);
    return (clex_is_word(&whose, "GCC") || clex_is_word(&whose, "clang"))
           && clex_is_word(&what, "diagnostic");
}

bool
mention_is_known_header(struct clex l)
{
    static const char *const known[]
        = {"assert.h", "complex.h", "cowbird.h", "ctype.h", "errno.h",
           "fcntl.h", "fenv.h", "float.h", "immintrin.h", "inttypes.h",
           "iso646.h", "limits.h", "locale.h", "math.h", "poll.h",
           "pthread.h", "Python.h", "signal.h", "stdalign.h", "stdarg.h",
           "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h",
           "stdlib.h", "stdnoreturn.h", "string.h", "strings.h",
           "sys/stat.h", "sys/time.h", "sys/types.h", "tgmath.h",
           "threads.h", "time.h", "uchar.h", "unistd.h", "wchar.h",
           "wctype.h", NULL};
    while (l.at < l.end && (*l.at == ' ' || *l.at == '\t')) {
        l.at++;
    }
    bool is_quoted = l.at < l.end && *l.at == '"';
    const char *from = l.at + 1;
    const char *to = from;
    while (to < l.end && *to != '>' && *to != '"' && *to != '\n') {
        to++;
    }
    struct clex_word name = {from, (size_t)(to - from)};
    return from < l.end
           && (is_quoted ? clex_is_word(&name, "cowbird.h")
                         : *l.at == '<' && clex_is_any(&name, known));
}

bool
mention_is_table_type(const struct clex_word *w)
{
    static const char *const types[]
        = {"PyMethodDef", "PyModuleDef", "PyModuleDef_Slot", "PyGetSetDef",
           "PyTypeObject", "PyType_Slot", "PyNumberMethods",
           "PySequenceMethods", "PyMappingMethods", "PyAsyncMethods",
           "PyBufferProcs", NULL};
    return clex_is_any(w, types);
}
