/* For libclang: see stddef.h here. */
#ifndef CB_SCAN_STDNORETURN_H
#define CB_SCAN_STDNORETURN_H
#define noreturn _Noreturn
#endif
