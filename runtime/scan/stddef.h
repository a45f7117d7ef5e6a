/* The freestanding headers of this folder are for libclang alone, whose
 * package has none; compilers use their own. */
#ifndef CB_SCAN_STDDEF_H
#define CB_SCAN_STDDEF_H
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __WCHAR_TYPE__ wchar_t;
typedef struct {
    long long longest __attribute__((aligned(__alignof__(long long))));
    long double widest __attribute__((aligned(__alignof__(long double))));
} max_align_t;
#define offsetof(type, field) __builtin_offsetof(type, field)
#undef NULL
#define NULL ((void *)0)
#endif
#if defined(__need_wint_t) && !defined(CB_SCAN_WINT_T)
#define CB_SCAN_WINT_T
typedef __WINT_TYPE__ wint_t;
#endif
