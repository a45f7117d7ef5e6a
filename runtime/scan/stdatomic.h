/* For libclang: see stddef.h here. Enough for declarations; bodies that use
 * more are the compiler's business. */
#ifndef CB_SCAN_STDATOMIC_H
#define CB_SCAN_STDATOMIC_H
#define ATOMIC_VAR_INIT(value) (value)
typedef _Atomic(_Bool) atomic_bool;
typedef _Atomic(int) atomic_int;
typedef _Atomic(unsigned int) atomic_uint;
typedef _Atomic(long) atomic_long;
typedef _Atomic(unsigned long) atomic_ulong;
typedef _Atomic(long long) atomic_llong;
typedef _Atomic(unsigned long long) atomic_ullong;
typedef _Atomic(__SIZE_TYPE__) atomic_size_t;
typedef struct {
    _Atomic(_Bool) value;
} atomic_flag;
#define ATOMIC_FLAG_INIT {0}
#endif
