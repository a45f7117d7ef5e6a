/* types: see types.h. */
#include "types.h"

#include "clang.h"

#define INT_REFUSED                                                           \
    "OverflowError out of range; TypeError for float, str and what has no "   \
    "__index__"
#define FLOAT_REFUSED "TypeError for what has no __float__"
#define COMPLEX_REFUSED "TypeError for what has no __complex__ or __float__"

const struct type types[] = {
    {CLANG_TYPE_VOID, FAMILY_VOID, "void", "void", NULL, "", "None", NULL,
     NULL, "as a parameter"},
    {CLANG_TYPE_BOOL, FAMILY_BOOL, "bool", "bool", "PyBool_FromLong",
     "(long)", "bool", "1", "?", "nothing: any truth value"},
    {CLANG_TYPE_CHAR_S, FAMILY_SIGNED, "char", "char", "PyLong_FromLong",
     "(long)", "int", "CHAR_MAX", "B", INT_REFUSED},
    {CLANG_TYPE_CHAR_U, FAMILY_UNSIGNED, "char", "char", "PyLong_FromLong",
     "(long)", "int", "CHAR_MAX", "B", INT_REFUSED},
    {CLANG_TYPE_SCHAR, FAMILY_SIGNED, "signed char", "schar",
     "PyLong_FromLong", "(long)", "int", "SCHAR_MAX", "b", INT_REFUSED},
    {CLANG_TYPE_UCHAR, FAMILY_UNSIGNED, "unsigned char", "uchar",
     "PyLong_FromLong", "(long)", "int", "UCHAR_MAX", "B", INT_REFUSED},
    {CLANG_TYPE_SHORT, FAMILY_SIGNED, "short", "short", "PyLong_FromLong",
     "(long)", "int", "SHRT_MAX", "h", INT_REFUSED},
    {CLANG_TYPE_USHORT, FAMILY_UNSIGNED, "unsigned short", "ushort",
     "PyLong_FromLong", "(long)", "int", "USHRT_MAX", "H", INT_REFUSED},
    {CLANG_TYPE_INT, FAMILY_SIGNED, "int", "int", "PyLong_FromLong",
     "(long)", "int", "INT_MAX", "i", INT_REFUSED},
    {CLANG_TYPE_UINT, FAMILY_UNSIGNED, "unsigned int", "uint",
     "PyLong_FromUnsignedLong", "", "int", "UINT_MAX", "I", INT_REFUSED},
    {CLANG_TYPE_LONG, FAMILY_SIGNED, "long", "long", "PyLong_FromLong", "",
     "int", "LONG_MAX", "l", INT_REFUSED},
    {CLANG_TYPE_ULONG, FAMILY_UNSIGNED, "unsigned long", "ulong",
     "PyLong_FromUnsignedLong", "", "int", "ULONG_MAX", "L", INT_REFUSED},
    {CLANG_TYPE_LONGLONG, FAMILY_SIGNED, "long long", "llong",
     "PyLong_FromLongLong", "", "int", "LLONG_MAX", "q", INT_REFUSED},
    {CLANG_TYPE_ULONGLONG, FAMILY_UNSIGNED, "unsigned long long", "ullong",
     "PyLong_FromUnsignedLongLong", "", "int", "ULLONG_MAX", "Q",
     INT_REFUSED},
    {CLANG_TYPE_FLOAT, FAMILY_FLOATING, "float", "float",
     "PyFloat_FromDouble", "(double)", "float", NULL, "f",
     "OverflowError when finite and beyond float; " FLOAT_REFUSED},
    {CLANG_TYPE_DOUBLE, FAMILY_FLOATING, "double", "double",
     "PyFloat_FromDouble", "", "float", NULL, "d", FLOAT_REFUSED},
    {CLANG_TYPE_LONGDOUBLE, FAMILY_FLOATING, "long double", "ldouble",
     "cb_give_ldouble", "", "float", NULL, "g",
     "OverflowError for a result beyond double; " FLOAT_REFUSED},
    {CLANG_TYPE_COMPLEX_OF + CLANG_TYPE_FLOAT, FAMILY_COMPLEX,
     "float _Complex", "cfloat", "cb_give_cdouble", "(double _Complex)",
     "complex", NULL, "Zf", "OverflowError when finite and beyond float; "
     COMPLEX_REFUSED},
    {CLANG_TYPE_COMPLEX_OF + CLANG_TYPE_DOUBLE, FAMILY_COMPLEX,
     "double _Complex", "cdouble", "cb_give_cdouble", "", "complex", NULL,
     "Zd", COMPLEX_REFUSED},
    {CLANG_TYPE_COMPLEX_OF + CLANG_TYPE_LONGDOUBLE, FAMILY_COMPLEX,
     "long double _Complex", "cldouble", "cb_give_cldouble", "", "complex",
     NULL, "Zg", "OverflowError for a result beyond double; "
     COMPLEX_REFUSED},
    {CLANG_TYPE_CB_STR, FAMILY_VIEW, "cb_str", "str", NULL, "", "str", NULL,
     NULL, ""},
    {CLANG_TYPE_CB_BYTES, FAMILY_VIEW, "cb_bytes", "bytes", NULL, "",
     "bytes", NULL, NULL, ""},
    {0, FAMILY_VOID, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct type *
type_of_clang(int kind)
{
    for (const struct type *t = types; t->c != NULL; t++) {
        if (t->clang_kind == kind) {
            return t;
        }
    }
    return NULL;
}

bool
type_is_integer(const struct type *t)
{
    return t->family == FAMILY_SIGNED || t->family == FAMILY_UNSIGNED;
}

bool
type_is_number(const struct type *t)
{
    return t->family != FAMILY_VOID && t->family != FAMILY_VIEW;
}

bool
type_is_plain(const struct type *t)
{
    return t->family >= FAMILY_BOOL && t->family <= FAMILY_FLOATING;
}

size_t
type_size(const struct type *t)
{
    switch (t->clang_kind) {
        case CLANG_TYPE_SHORT:
        case CLANG_TYPE_USHORT:
            return sizeof(short);
        case CLANG_TYPE_INT:
        case CLANG_TYPE_UINT:
            return sizeof(int);
        case CLANG_TYPE_LONG:
        case CLANG_TYPE_ULONG:
            return sizeof(long);
        case CLANG_TYPE_LONGLONG:
        case CLANG_TYPE_ULONGLONG:
            return sizeof(long long);
        case CLANG_TYPE_FLOAT:
            return sizeof(float);
        case CLANG_TYPE_DOUBLE:
            return sizeof(double);
        case CLANG_TYPE_LONGDOUBLE:
            return sizeof(long double);
        default:
            return 1;
    }
}

bool
type_is_char(const struct type *t)
{
    return t->clang_kind == CLANG_TYPE_CHAR_S
           || t->clang_kind == CLANG_TYPE_CHAR_U;
}
