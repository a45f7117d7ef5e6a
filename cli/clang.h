/* clang: libclang, loaded at run time: which library, and the few functions
 * and structs of its C interface that scan uses, declared by hand.
 *
 * The package brings no headers of its own. Never linked against, never
 * unloaded. Used in a compile's forked child and by one-shot commands.
 */
#ifndef COWBIRD_CLANG_H
#define COWBIRD_CLANG_H

#include "list.h"
#include "python.h"
#include "wire/err.h"

/* libclang passes these by value; their layout is part of its ABI. */
struct clang_text {
    const void *data;
    unsigned flags;
};
struct clang_cursor {
    int kind;
    int extra;
    const void *data[3];
};
struct clang_type {
    int kind;
    void *data[2];
};
struct clang_place {
    const void *data[2];
    unsigned offset;
};
struct clang_range {
    const void *data[2];
    unsigned begin;
    unsigned end;
};
struct clang_unsaved {
    const char *path;
    const char *text;
    unsigned long len;
};
struct clang_token {
    unsigned kind[4];
    void *data;
};

/* The kinds that scan asks about, with libclang's numbers. */
enum {
    CLANG_STRUCT = 2,
    CLANG_ENUM_DECL = 5,
    CLANG_FIELD = 6,
    CLANG_ENUM_CONSTANT = 7,
    CLANG_FUNCTION = 8,
    CLANG_VARIABLE = 9,
    CLANG_TYPEDEF = 20,
    CLANG_COMPOUND = 202,
    CLANG_ANNOTATION = 406,
    CLANG_MACRO = 501,
};
enum {
    CLANG_TYPE_VOID = 2,
    CLANG_TYPE_BOOL = 3,
    CLANG_TYPE_CHAR_U = 4,
    CLANG_TYPE_UCHAR = 5,
    CLANG_TYPE_USHORT = 8,
    CLANG_TYPE_UINT = 9,
    CLANG_TYPE_ULONG = 10,
    CLANG_TYPE_ULONGLONG = 11,
    CLANG_TYPE_CHAR_S = 13,
    CLANG_TYPE_SCHAR = 14,
    CLANG_TYPE_SHORT = 16,
    CLANG_TYPE_INT = 17,
    CLANG_TYPE_LONG = 18,
    CLANG_TYPE_LONGLONG = 19,
    CLANG_TYPE_FLOAT = 21,
    CLANG_TYPE_DOUBLE = 22,
    CLANG_TYPE_LONGDOUBLE = 23,
    CLANG_TYPE_COMPLEX = 100,
    CLANG_TYPE_POINTER = 101,
    CLANG_TYPE_RECORD = 105,
    CLANG_TYPE_ENUM = 106,
    CLANG_TYPE_TYPEDEF = 107,
    CLANG_TYPE_FUNCTION_NO_PROTO = 110,
    CLANG_TYPE_FUNCTION = 111,
    CLANG_TYPE_CONSTANT_ARRAY = 112,
    CLANG_TYPE_INCOMPLETE_ARRAY = 114,
    CLANG_TYPE_ELABORATED = 119,
};
/* Kinds of our own, for types that libclang shows by several. */
enum {
    CLANG_TYPE_COMPLEX_OF = 1000, /* and the kind of its parts */
    CLANG_TYPE_CB_STR = 2000,
    CLANG_TYPE_CB_BYTES = 2001,
};
enum {
    CLANG_LINKAGE_INTERNAL = 2,
    CLANG_LINKAGE_EXTERNAL = 4,
    CLANG_STORAGE_EXTERN = 2,
    CLANG_VALUE_INT = 1,
    CLANG_VALUE_FLOAT = 2,
    CLANG_VALUE_TEXT = 4,
    CLANG_SEVERITY_WARNING = 2,
    CLANG_SEVERITY_ERROR = 3,
    CLANG_SEVERITY_FATAL = 4,
    CLANG_RECORD_MACROS = 0x01, /* options of parse */
    CLANG_KEEP_PREAMBLE = 0x04,
    CLANG_KEEP_AT_ONCE = 0x100,
    CLANG_CONTINUE = 1,         /* what a visitor answers */
    CLANG_RECURSE = 2,
};

typedef int (*clang_visitor)(struct clang_cursor c, struct clang_cursor parent,
                             void *data);

/* name in libclang without its "clang_", result, parameters */
#define CLANG_FUNCTIONS(X)                                                    \
    X(createIndex, void *, (int, int))                                        \
    X(disposeIndex, void, (void *))                                           \
    X(parseTranslationUnit2, int,                                             \
      (void *, const char *, const char *const *, int, void *, unsigned,      \
       unsigned, void **))                                                    \
    X(reparseTranslationUnit, int, (void *, unsigned, void *, unsigned))      \
    X(disposeTranslationUnit, void, (void *))                                 \
    X(getTranslationUnitCursor, struct clang_cursor, (void *))                \
    X(visitChildren, unsigned, (struct clang_cursor, clang_visitor, void *))  \
    X(getCString, const char *, (struct clang_text))                          \
    X(disposeString, void, (struct clang_text))                               \
    X(getClangVersion, struct clang_text, (void))                             \
    X(equalCursors, unsigned, (struct clang_cursor, struct clang_cursor))     \
    X(getCursorSpelling, struct clang_text, (struct clang_cursor))            \
    X(getCursorType, struct clang_type, (struct clang_cursor))                \
    X(getCursorLinkage, int, (struct clang_cursor))                           \
    X(isCursorDefinition, unsigned, (struct clang_cursor))                    \
    X(Cursor_isFunctionInlined, unsigned, (struct clang_cursor))              \
    X(Cursor_getStorageClass, int, (struct clang_cursor))                     \
    X(Cursor_getNumArguments, int, (struct clang_cursor))                     \
    X(Cursor_getArgument, struct clang_cursor,                                \
      (struct clang_cursor, unsigned))                                        \
    X(Cursor_getRawCommentText, struct clang_text, (struct clang_cursor))     \
    X(Cursor_isMacroFunctionLike, unsigned, (struct clang_cursor))            \
    X(Cursor_Evaluate, void *, (struct clang_cursor))                         \
    X(EvalResult_getKind, int, (void *))                                      \
    X(EvalResult_getAsLongLong, long long, (void *))                          \
    X(EvalResult_isUnsignedInt, unsigned, (void *))                           \
    X(EvalResult_getAsUnsigned, unsigned long long, (void *))                 \
    X(EvalResult_getAsDouble, double, (void *))                               \
    X(EvalResult_getAsStr, const char *, (void *))                            \
    X(EvalResult_dispose, void, (void *))                                     \
    X(getEnumConstantDeclValue, long long, (struct clang_cursor))             \
    X(getEnumConstantDeclUnsignedValue, unsigned long long,                   \
      (struct clang_cursor))                                                  \
    X(getEnumDeclIntegerType, struct clang_type, (struct clang_cursor))       \
    X(getTypeDeclaration, struct clang_cursor, (struct clang_type))           \
    X(getTypeSpelling, struct clang_text, (struct clang_type))                \
    X(getCanonicalType, struct clang_type, (struct clang_type))               \
    X(getPointeeType, struct clang_type, (struct clang_type))                 \
    X(getElementType, struct clang_type, (struct clang_type))                 \
    X(getArrayElementType, struct clang_type, (struct clang_type))            \
    X(getArraySize, long long, (struct clang_type))                           \
    X(Type_getSizeOf, long long, (struct clang_type))                         \
    X(Type_getAlignOf, long long, (struct clang_type))                        \
    X(Cursor_getOffsetOfField, long long, (struct clang_cursor))              \
    X(Cursor_isAnonymousRecordDecl, unsigned, (struct clang_cursor))          \
    X(Cursor_isBitField, unsigned, (struct clang_cursor))                     \
    X(getResultType, struct clang_type, (struct clang_type))                  \
    X(getNumArgTypes, int, (struct clang_type))                               \
    X(getArgType, struct clang_type, (struct clang_type, unsigned))           \
    X(getTypedefDeclUnderlyingType, struct clang_type,                        \
      (struct clang_cursor))                                                  \
    X(isConstQualifiedType, unsigned, (struct clang_type))                    \
    X(isVolatileQualifiedType, unsigned, (struct clang_type))                 \
    X(isInvalidDeclaration, unsigned, (struct clang_cursor))                  \
    X(isFunctionTypeVariadic, unsigned, (struct clang_type))                  \
    X(getCursorLocation, struct clang_place, (struct clang_cursor))           \
    X(getCursorExtent, struct clang_range, (struct clang_cursor))             \
    X(getRangeStart, struct clang_place, (struct clang_range))                \
    X(getRangeEnd, struct clang_place, (struct clang_range))                  \
    X(getExpansionLocation, void,                                             \
      (struct clang_place, void **, unsigned *, unsigned *, unsigned *))      \
    X(getFile, void *, (void *, const char *))                                \
    X(getFileName, struct clang_text, (void *))                               \
    X(getNumDiagnostics, unsigned, (void *))                                  \
    X(getDiagnostic, void *, (void *, unsigned))                              \
    X(getDiagnosticSeverity, int, (void *))                                   \
    X(getDiagnosticSpelling, struct clang_text, (void *))                     \
    X(getDiagnosticLocation, struct clang_place, (void *))                    \
    X(getDiagnosticOption, struct clang_text, (void *, struct clang_text *))  \
    X(getDiagnosticNumRanges, unsigned, (void *))                             \
    X(getDiagnosticRange, struct clang_range, (void *, unsigned))             \
    X(getDiagnosticNumFixIts, unsigned, (void *))                             \
    X(getDiagnosticFixIt, struct clang_text,                                  \
      (void *, unsigned, struct clang_range *))                               \
    X(getChildDiagnostics, void *, (void *))                                  \
    X(getNumDiagnosticsInSet, unsigned, (void *))                             \
    X(getDiagnosticInSet, void *, (void *, unsigned))                         \
    X(disposeDiagnostic, void, (void *))                                      \
    X(getFileLocation, void,                                                  \
      (struct clang_place, void **, unsigned *, unsigned *, unsigned *))      \
    X(Location_isInSystemHeader, int, (struct clang_place))                   \
    X(getLocation, struct clang_place, (void *, void *, unsigned, unsigned))  \
    X(getPresumedLocation, void,                                              \
      (struct clang_place, struct clang_text *, unsigned *, unsigned *))      \
    X(tokenize, void,                                                         \
      (void *, struct clang_range, struct clang_token **, unsigned *))        \
    X(getTokenSpelling, struct clang_text, (void *, struct clang_token))      \
    X(disposeTokens, void, (void *, struct clang_token *, unsigned))

struct clang {
    char *library; /* what was loaded */
#define X(name, result, parameters) result(*name) parameters;
    CLANG_FUNCTIONS(X)
#undef X
};

/* The path of the libclang to load, on the heap: $COWBIRD_LIBCLANG, else the
 * `libclang` package beside cowbird's own or in the environment of `p` (may
 * be NULL), else the system's. NULL when there is none: `e` names the
 * package to install. */
char *clang_find(const struct python *p, struct err *e);
/* Loads it. It stays loaded when `c` is disposed of. */
int clang_load(struct clang *c, const char *library, struct err *e);
void clang_dispose(struct clang *c);

/* The text on the heap, never NULL; the library's own is given back. */
char *clang_take(const struct clang *c, struct clang_text text);

#endif
