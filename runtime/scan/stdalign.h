/* For libclang: see stddef.h here. */
#ifndef CB_SCAN_STDALIGN_H
#define CB_SCAN_STDALIGN_H
#define alignas _Alignas
#define alignof _Alignof
#endif
