/* cowbird.h: plain C in, Python out. This comment is the manual.
 *
 * MODULE. A .c file that includes this header is a Python module of the
 * file's name. Nothing else is to be written: no init function, no method
 * table, no Python.h.
 *
 *     // The mean of some numbers.
 *     double mean(const double *x, size_t n)
 *
 * is, in Python, mean(x): x is an array('d'), a numpy array or a memoryview;
 * help(mean) shows the comment, and mean(x=prices) works as well.
 *
 * WHAT IS EXPORTED. Every function that is not `static`; a name that begins
 * with an underscore is hidden. Enumerators, `static const` numbers and
 * strings, and #defines of one literal become the module's attributes. A
 * function that cannot be bound is an error at its line, never left out.
 *
 * PARAMETERS
 *     integers          int, checked against the range of the C type
 *     bool              any truth value
 *     float, double     float or int
 *     const char *s     str without NUL, as UTF-8; valid during the call
 *     cb_str s          str, as UTF-8 with its length: s.data, s.len
 *     cb_bytes b        bytes or any buffer: b.data, b.len
 *     float, double or long double _Complex     complex
 *     const T *x, size_t n       one parameter: a C-contiguous buffer of T
 *     T *x, size_t n             the same, written in place
 *     const T *x, const T *y, size_t n          two buffers of one length
 *     const T *m, size_t rows, size_t columns   a buffer of two dimensions
 *     const char *s, size_t n    str or bytes, with its length in bytes
 *     const void *p, size_t n    any buffer, with its length in bytes
 * T is a number. The length is an integer of type size_t, or one named n,
 * len, length, size, count, n_*, *_len or *_count.
 *
 * STRUCTS. One that a function takes or gives is a class of the name of its
 * typedef, else of its tag:
 *
 *     typedef struct { double x, y; } Point;
 *     Point turned(Point p)                      a value goes in and out
 *     void move_by(Point *p, double dx)          one object, written in place
 *     double sum(const Point *points, size_t n)  an array
 *
 * Point(1.0, y=2.0) makes one, and what is left out is zero, as in C. Fields
 * are checked when they are set, == compares them, repr() shows them, and copy
 * and pickle work. Point.array(10) is an array of ten zeros, and
 * Point.array(items) one of copies; functions that take an array take numpy's
 * of the same fields as well, and numpy.asarray(points) looks into ours.
 * Fields are numbers, enums, other structs, arrays of these with one
 * dimension, and char name[n], which is a str of at most n - 1 bytes. What is
 * inside a struct (line.to, an item of an array) is no copy: to set its fields
 * is to change the whole. A struct with pointers or bit-fields is an error at
 * its line; one whose fields the file does not see is a handle.
 *
 * ENUMS. One with a name, a tag or a typedef's, is an IntEnum class of that
 * name, and its members are the module's attributes as well. A parameter takes
 * a member or any int that its C type holds; a result is the member, or an int
 * where no member has the value. Enums without a name give ints.
 *
 * OPTIONAL PARAMETERS. CB_DEFAULT before a parameter lets calls leave it out:
 *
 *     double scale(const double *x, size_t n, CB_DEFAULT(1.0) double by)
 *
 * is scale(x, by=1.0). The default is a number, a string, true or false, or a
 * constant of the file. CB_DEFAULT(NULL) makes a str or a buffer optional:
 * without it, or with None, you get NULL (and the length 0, or the one of the
 * buffers before it):
 *
 *     double mean(const double *x, CB_DEFAULT(NULL) const double *weights,
 *                 size_t n)
 *
 * RESULTS. void is None; numbers as above; `const char *`, cb_str and cb_bytes
 * are copied and stay yours, NULL is None.
 *
 * SEVERAL RESULTS. CB_OUT before a pointer makes what it points to a result:
 *
 *     void spread(const double *x, size_t n, CB_OUT double *low,
 *                 CB_OUT double *high)
 *
 * is low, high = spread(x). What the function returns comes first; one result
 * alone is no tuple. What you leave unset is zero, NULL, None.
 *
 * RAISING. cb_raise(CB_ValueError, "no item %d", i) sets the exception; then
 * return whatever you like, the value is not looked at. It returns 0, so that
 * `return cb_raise(…)` will do where the result is a number.
 *
 * cb_raise_errno(path) raises the OSError of errno: FileNotFoundError and the
 * like; `path` may be NULL.
 *
 * A class of your own is the module's attribute; its base is one of cowbird's:
 *
 *     CB_EXCEPTION(StoreError, CB_LookupError);
 *     ...
 *     return cb_raise(StoreError, "no store %s", name);
 *
 * ERRNO. Functions that tell their failures as C does need a word alone:
 *
 *     CB_ERRNO int open_log(const char *path)   -1 or NULL raises the OSError
 *                                               of errno; else the result
 *     CB_STATUS int sync_all(void)              0 is None; above 0 is the
 *                                               error's number, below errno
 *
 * THE GIL. A function runs with Python's lock held: no other thread of Python
 * runs meanwhile. CB_NOGIL before a definition releases it for the call:
 *
 *     CB_NOGIL double mean(const double *x, size_t n)
 *
 * Then several threads may be in it at once, so static variables need care.
 * cb_raise works there too, in the thread that Python called.
 *
 * FAULTS. A function that crashes takes its worker with it. One that runs
 * without the GIL may say that a fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL) is to
 * be an exception instead, while `cowbird run --dev` watches:
 *
 *     CB_NOGIL CB_FAULTS double mean(const double *x, size_t n)
 *
 *     scoring.NativeFault: SIGSEGV in mean() at /app/scoring.c:14, address
 *     0x10, gen 6
 *
 * NativeFault is the module's own class, a RuntimeError with the attributes
 * signal, function, file, line, address and generation. The app goes on, and
 * what Python gave the call is given back. What the C code held stays held for
 * ever: locks, memory, open files, half written buffers and variables. So it
 * is for code that computes, and for finding faults, not for living with them.
 * A fault elsewhere ends the worker as ever: deeper in a library than the
 * function that you called (in malloc, say), in a comparison of qsort's, in a
 * thread of your own, abort(). In a wheel the word does nothing.
 *
 * AWAITING. CB_ASYNC makes it a function to await:
 *
 *     CB_ASYNC double simulate(const double *x, size_t n)
 *
 *     result = await simulate(x)
 *
 * It runs without the GIL in a thread of the event loop's (asyncio's default
 * executor, or trio's threads), and the loop serves on. Arguments stay alive
 * until it ends, and are converted when it begins. A task that is cancelled
 * ends when the function has returned; one that takes long asks now and then:
 *
 *     if (cb_cancelled()) { return 0; }
 *
 * (under trio it is not told). What has not begun is dropped. A save does not
 * disturb it: what has begun ends on the code it began with.
 *
 * OWNERSHIP. What you are given is Python's and valid until you return: keep
 * no pointer to it. What you return by a pointer to const stays yours and is
 * copied. CB_OWNED gives it away:
 *
 *     CB_OWNED char *join(const char *a, const char *b)
 *
 * is a str, and free() is called for you. CB_OWNED_BY(f) has f called instead:
 * a library's function, or one of this file that is not static (it is then not
 * exported). Both may stand beside CB_OUT: CB_OUT CB_OWNED char **text. What
 * is owned is freed once, even when the call raises; return NULL where you
 * have freed it yourself.
 *
 * HANDLES. A pointer to a struct that Python need not look into is an object
 * of a class of the struct's name. CB_CLOSES says which function ends it:
 *
 *     typedef struct store store;
 *     CB_ERRNO store *store_open(const char *path)
 *     int store_count(const store *s)
 *     CB_CLOSES void store_close(store *s)
 *
 *     with store_open("a.db") as s:
 *         print(store_count(s))
 *
 * It is closed at the end of `with`, by s.close() or store_close(s), else when
 * nobody holds it any more. A closed one is refused by ValueError, and a call
 * that another thread is in keeps it open: closing is a RuntimeError then. One
 * that you return is closed even when the call raises. NULL is None. What
 * comes back by a pointer to const, from a CB_BORROWED function, or of a
 * struct that has no CB_CLOSES function is not closed, and keeps the handle
 * alive that the call was given. A struct is a handle when its fields are not
 * known in this file or when it has a CB_CLOSES function.
 *
 * CALLBACKS. A pointer to a function that takes a `void *`, with a `void *` of
 * yours beside it, is a Python callable for the time of the call:
 *
 *     void each(const int *x, size_t n,
 *               bool (*visit)(void *data, int item), void *data)
 *
 * is each(x, visit), where visit(item) returns a truth value: pass `data` on.
 * Numbers and `const char *` go in and come back; text that it returns is
 * valid until its next call. When it raises, it answers 0 or NULL from then
 * on, and the exception appears when your function has returned. Call it from
 * any thread while the call lasts; one that waits for other threads is
 * CB_NOGIL.
 *
 * PYTHON'S OBJECTS. A file that includes Python.h as well may take and return
 * PyObject *: a parameter is borrowed, a result is a new reference, NULL with
 * an exception set raises it.
 *
 * STATE. What belongs to the module are its static variables: one of each for
 * the process, kept when a save swaps the code, as long as type and initial
 * value stay the same; those of functions stay with their functions. What is
 * not kept is named beside the swap. A save waits for calls that are in flight
 * in such a module: what they write is not lost.
 *
 *     static long hits = 100;
 *     CB_CARRY(hits, always);    kept while its type stays, whatever its
 *                                initial value
 *     static double table[64];
 *     CB_CARRY(table, never);    begins anew with every save
 *
 * It stands behind the variable, in a function too. Two things are claimed
 * only where the file says so, at its top:
 *
 *     CB_FREE_THREADING;     several threads may be in any of its functions
 *                            at once: a Python without a GIL keeps it off
 *     CB_SUBINTERPRETERS;    interpreters with a GIL of their own may share
 *                            its variables
 *
 * MIGRATING. For C that makes its own types with Python.h: when a save changes
 * the struct behind a type, its live objects have the old one's fields. Such a
 * save is refused, unless the source says how they become the new ones:
 *
 *     CB_MIGRATE(PointObject, self, old)
 *     {
 *         double length;
 *         self->scale = 1.0;                      a field that is new
 *         if (cb_old_field(old, "length", &length, sizeof(length))) {
 *             self->square = length * length;     from one that is gone
 *         }
 *         return 0;                               -1: an exception is set
 *     }
 *
 * PointObject is the struct's name. The hook is called for every live object,
 * those of subclasses too. `self` is a copy, not yet an object: fields that
 * have kept their name and type are in their places, all others are zero; do
 * not hand it to Python. When every call has returned 0, in every worker, all
 * objects change at once, each where it is; else none does, and the old code
 * serves on. It is asked before the workers vote, and again right before they
 * change, with fresh copies: so it must free nothing that `old` points at. An
 * object cannot move, so the new struct must fit into the memory that the old
 * one was given (Python rounds up to 16 bytes): what grows belongs into a
 * struct of its own that a field points at. A PyObject * in a field that is
 * gone is let go of afterwards; what you keep of it needs a reference of its
 * own. In a wheel the hook is not there at all.
 *
 * The struct of a module's own state (m_size, PyModule_GetState) has the same
 * hook, under the struct's name:
 *
 *     CB_MIGRATE(State, self, old)
 *     {
 *         return 0;               what is new stays as the init has left it
 *     }
 *
 * Fields that have kept their name and type are carried; all others begin as
 * the new source's init has left them, so that often nothing is to be done. It
 * runs when none of the module's calls is in flight and before anything goes
 * live: -1 holds the save back. A call that comes in between has it run again,
 * so it must free nothing that `old` points at. A PyObject * or PyTypeObject *
 * that the state had and has no more is let go of afterwards. The state stays
 * where it is: it may grow to twice its size, or by 1024 bytes. Going back
 * (`cowbird undo`) asks the older source's hook, and is refused without one.
 *
 * BUFFERS AS RESULTS. A pointer whose length comes out as well is a buffer:
 *
 *     CB_OWNED double *primes(int limit, CB_OUT size_t *n)
 *
 * is a memoryview of doubles where they lie (numpy.asarray() takes it), freed
 * with the last that looks at it. Two lengths are rows and columns. char and
 * void give bytes. A pointer to const that is not owned is copied. NULL with
 * the length 0 is an empty buffer, with another a MemoryError.
 */
#ifndef COWBIRD_H
#define COWBIRD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text and bytes with their length: what Python has, where it lies. */
typedef struct cb_str {
    const char *data; /* UTF-8, and a NUL behind it; NULL: None */
    size_t len;       /* in bytes, without that NUL */
} cb_str;

typedef struct cb_bytes {
    const char *data; /* NULL: None */
    size_t len;
} cb_bytes;

/* Python's exceptions by their own names. */
enum cb_exception {
    CB_Exception,
    CB_ArithmeticError,
    CB_BufferError,
    CB_EOFError,
    CB_FileNotFoundError,
    CB_IndexError,
    CB_KeyError,
    CB_LookupError,
    CB_MemoryError,
    CB_NotImplementedError,
    CB_OSError,
    CB_OverflowError,
    CB_PermissionError,
    CB_RuntimeError,
    CB_TimeoutError,
    CB_TypeError,
    CB_ValueError,
    CB_ZeroDivisionError
};

#if defined(__GNUC__) && !defined(__TINYC__)
#define CB_PRINTF_ __attribute__((format(printf, 2, 3), visibility("hidden")))
#else
#define CB_PRINTF_
#endif

/* The format is printf's. A later call replaces an earlier one. Returns 0. */
#if defined(__GNUC__) && !defined(__TINYC__)
#define CB_HIDDEN_ __attribute__((visibility("hidden")))
#else
#define CB_HIDDEN_
#endif

int cb_raise(enum cb_exception kind, const char *format, ...) CB_PRINTF_;

/* The OSError of errno; `path` (may be NULL) is its filename. Returns 0. */
int cb_raise_errno(const char *path) CB_HIDDEN_;
/* In a CB_ASYNC call: whether the task that awaits it has been cancelled. */
int cb_cancelled(void) CB_HIDDEN_;

/* What cowbird reads and compilers need not know. */
#ifdef __clang__
#define CB_NOTE_(text) __attribute__((annotate("cb:" text)))
#define CB_NOTE_OF_(word, ...) CB_NOTE_(word ":" #__VA_ARGS__)
#else
#define CB_NOTE_(text)
#define CB_NOTE_OF_(word, ...)
#endif

/* `name` is the kind that cb_raise takes; a wrong base does not compile. */
#define CB_EXCEPTION(name, base)                                              \
    enum { _cb_base_of_##name = base };                                       \
    extern CB_NOTE_OF_("exception", base) const enum cb_exception name        \
        CB_HIDDEN_

#define CB_NOGIL CB_NOTE_("nogil")
#define CB_ERRNO CB_NOTE_("errno")
#define CB_STATUS CB_NOTE_("status")
/* Said of the whole file. */
#define CB_FREE_THREADING typedef int cb_says_free_threading
#define CB_SUBINTERPRETERS typedef int cb_says_subinterpreters

#define CB_ASYNC CB_NOTE_("async")
#define CB_FAULTS CB_NOTE_("faults")
#define CB_CLOSES CB_NOTE_("closes")
#define CB_BORROWED CB_NOTE_("borrowed")
#define CB_OWNED CB_NOTE_("owned")
#define CB_OWNED_BY(function) CB_NOTE_("owned:" #function)
#define CB_OUT CB_NOTE_("out")
#define CB_DEFAULT(...) CB_NOTE_OF_("default", __VA_ARGS__)

/* An object as it was, for CB_MIGRATE. */
struct cb_old {
    int (*read)(const struct cb_old *old, const char *field, void *to,
                size_t size);
};

/* Copies a field of the old struct ("x", "inner.x") to `to`: 1, or 0 where it
 * had none of that name and size. */
static inline int
cb_old_field(const struct cb_old *old, const char *field, void *to,
             size_t size)
{
    return old->read(old, field, to, size);
}

/* A word other than these two does not compile. */
struct cb_carry_always {
    char none;
};
struct cb_carry_never {
    char none;
};

#ifdef CB_IS_HOT
#define CB_CARRY(variable, how)                                               \
    __attribute__((used)) static const struct cb_carry_##how                  \
        cb_carry_##how##_##variable = {0}
#else
#define CB_CARRY(variable, how)                                               \
    extern const struct cb_carry_##how cb_carry_##how##_##variable
#endif

#ifdef CB_IS_HOT
#define CB_MIGRATE(type, self, old)                                           \
    __attribute__((used)) static int cb_migrate_##type(                       \
        type *self, const struct cb_old *old)
#else
#define CB_MIGRATE(type, self, old)                                           \
    static inline int cb_migrate_##type(type *self, const struct cb_old *old)
#endif

#ifdef __cplusplus
}
#endif

#endif
