/* How plain functions are called: defaults, and what they give back. */
#include <cowbird.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 10
enum speed { SLOW = 1, FAST = 5 };

/* -- faults --------------------------------------------------------------- */

CB_NOGIL CB_FAULTS CB_OWNED char *
faults_text(const double *x, size_t n, CB_OUT double *last,
            CB_OUT CB_OWNED char **other)
{
    if (n == 0) {
        cb_raise(CB_ValueError, "nothing");
        return strdup("freed all the same");
    }
    *last = x[n - 1];
    *other = strdup("other");
    return strdup("text");
}

CB_ERRNO CB_NOGIL CB_FAULTS int
faults_errno(int error)
{
    errno = error;
    return error == 0 ? 7 : -1;
}

CB_NOGIL CB_FAULTS void
faults_nothing(void)
{
}

/* -- defaults ------------------------------------------------------------- */

double
scale(const double *x, size_t n, CB_DEFAULT(1.0) double by)
{
    return n > 0 ? x[0] * by : -by;
}

double
weigh(const double *x, CB_DEFAULT(NULL) const double *weights, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights == NULL ? x[i] : x[i] * weights[i];
    }
    return sum;
}

const char *
say(CB_DEFAULT("w\xc3\xb6rd, (a)") const char *text,
    CB_DEFAULT(NULL) const char *other)
{
    return other == NULL ? text : other;
}

long long
numbers(CB_DEFAULT(LIMIT * 2) int a, CB_DEFAULT(FAST) enum speed b,
        CB_DEFAULT(true) bool c, CB_DEFAULT(INT_MIN) int d,
        CB_DEFAULT('x') char e, CB_DEFAULT(1 << 20) int64_t f)
{
    return a + (int)b + c + (long long)d + e + f;
}

bool
all_default(CB_DEFAULT(SIZE_MAX) size_t a, CB_DEFAULT(INFINITY) double b,
            CB_DEFAULT(NAN) float c)
{
    return a == SIZE_MAX && b > 1e308 && c != c;
}

long
count_cells(CB_DEFAULT(NULL) const int *grid, size_t rows, size_t columns,
            CB_DEFAULT(NULL) char *out, size_t n)
{
    if (out != NULL) {
        memset(out, 'y', n);
    }
    return grid == NULL ? -1 - (long)(rows + columns)
                        : (long)(rows * columns);
}

/* -- several results ------------------------------------------------------ */

void
spread(const double *x, size_t n, CB_OUT double *low, CB_OUT double *high)
{
    for (size_t i = 0; i < n; i++) {
        *low = i == 0 || x[i] < *low ? x[i] : *low;
        *high = i == 0 || x[i] > *high ? x[i] : *high;
    }
}

int
divide(int a, int b, CB_OUT int *rest)
{
    if (b == 0) {
        return cb_raise(CB_ZeroDivisionError, "%d by 0", a);
    }
    *rest = a % b;
    return a / b;
}

void
one(int8_t a, CB_OUT int8_t *b)
{
    *b = a;
}

void
everything(CB_OUT bool *a, CB_OUT char *b, CB_OUT uint64_t *c,
           CB_OUT float *d, CB_OUT enum speed *e, CB_OUT const char **f,
           int given)
{
    if (given) {
        *a = true, *b = 'x', *c = UINT64_MAX, *d = 0.5f, *e = FAST;
        *f = given == 2 ? "\xff" : "text";
    }
}

/* -- errno ---------------------------------------------------------------- */

CB_ERRNO int
open_file(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC);
}

CB_ERRNO size_t
fail_unsigned(bool fails)
{
    errno = ENOSPC;
    return fails ? (size_t)-1 : 7;
}

CB_ERRNO const char *
fail_text(int error)
{
    errno = error;
    return error != 0 ? NULL : "fine";
}

CB_ERRNO long
fail_silently(void)
{
    return -1;
}

CB_STATUS int
status(int code, int error, CB_OUT int *out)
{
    errno = error;
    *out = 5;
    return code;
}

CB_STATUS CB_NOGIL int
status_away(int code)
{
    errno = EAGAIN;
    return code;
}

int
raise_errno(int error, CB_DEFAULT(NULL) const char *path)
{
    errno = error;
    return cb_raise_errno(path);
}

CB_ERRNO CB_NOGIL int
raised_first(void)
{
    errno = ENOENT;
    cb_raise(CB_KeyError, "first");
    errno = EPERM;
    return -1;
}

CB_EXCEPTION(OwnError, CB_ValueError);
CB_EXCEPTION(OtherError, CB_OSError);

CB_NOGIL int
raise_own(bool is_other)
{
    return cb_raise(is_other ? OtherError : OwnError, "own %d", 3);
}

/* -- owned ---------------------------------------------------------------- */

static long taken, given;

static void *
take_memory(size_t size)
{
    taken++;
    return malloc(size > 0 ? size : 1);
}

void
give_back(void *memory)
{
    given++;
    free(memory);
}

long
balance(void)
{
    return taken - given;
}

CB_OWNED char *
join(const char *a, const char *b)
{
    char *out = malloc(strlen(a) + strlen(b) + 1);
    strcpy(out, a);
    return strcat(out, b);
}

CB_OWNED_BY(give_back) const char *
repeat(char letter, size_t times, const char *error)
{
    char *out = take_memory(times + 1);
    memset(out, letter, times);
    out[times] = '\0';
    if (error[0] == '!') {
        cb_raise(CB_RuntimeError, "%s", error + 1);
    }
    return out;
}

CB_OWNED_BY(give_back) char *
nothing(const double *x, size_t n)
{
    (void)x, (void)n;
    return NULL;
}

bool
name(int of, CB_OUT CB_OWNED_BY(give_back) char **first,
     CB_OUT CB_OWNED char **second)
{
    *first = strcpy(take_memory(8), of == 2 ? "\xff" : "first");
    if (of > 0) {
        *second = strcpy(malloc(8), "second");
    }
    return of > 0;
}

/* -- text and bytes with their length ------------------------------------- */

size_t
count_nuls(cb_str text, CB_DEFAULT("a\0b") cb_str other)
{
    size_t nuls = 0;
    for (size_t i = 0; i < text.len; i++) {
        nuls += text.data[i] == '\0';
    }
    for (size_t i = 0; i < other.len; i++) {
        nuls += other.data[i] == '\0';
    }
    return nuls * 100 + text.len + other.len;
}

cb_str
same_str(CB_DEFAULT(NULL) cb_str text)
{
    return text;
}

struct cb_bytes
same_bytes(CB_DEFAULT(NULL) const struct cb_bytes bytes)
{
    return bytes;
}

cb_str
bad_str(void)
{
    return (cb_str){"a\0\xff", 3};
}

CB_OWNED_BY(give_back) cb_str
double_str(cb_str text, CB_DEFAULT("-") cb_bytes between,
           CB_OUT CB_OWNED_BY(give_back) cb_bytes *copy, CB_OUT cb_str *none)
{
    size_t len = 2 * text.len + between.len;
    char *out = take_memory(len);
    memcpy(out, text.data, text.len);
    memcpy(out + text.len, between.data, between.len);
    memcpy(out + text.len + between.len, text.data, text.len);
    *copy = (cb_bytes){memcpy(take_memory(len), out, len), len};
    none->len = 5;
    return (cb_str){out, len};
}

cb_bytes
too_long(void)
{
    return (cb_bytes){"", SIZE_MAX};
}

long double
beyond(void)
{
    return LDBL_MAX;
}

/* -- buffers as results --------------------------------------------------- */

CB_OWNED double *
count_up(long long limit, CB_OUT size_t *n)
{
    double *x = malloc(sizeof(*x) * (size_t)(limit > 0 ? limit : 1));
    for (long long i = 0; i < limit; i++) {
        x[i] = (double)i;
    }
    *n = (size_t)limit;
    return x;
}

CB_OWNED_BY(give_back) int16_t *
table(int rows, CB_OUT int *n_rows, CB_OUT int *n_columns, CB_OUT int *sum)
{
    int16_t *x = take_memory(sizeof(*x) * (size_t)(rows > 0 ? rows * 3 : 0));
    for (int i = 0; i < rows * 3; i++) {
        x[i] = (int16_t)i;
        *sum += i;
    }
    *n_rows = rows;
    *n_columns = 3;
    return x;
}

CB_ERRNO CB_OWNED_BY(give_back) uint8_t *
pixels(long count, long claimed, CB_OUT long *count_out, CB_OUT long *len)
{
    *count_out = 1;
    *len = claimed;
    errno = ENOMEM;
    return count < 0 ? NULL : memset(take_memory((size_t)count), 7,
                                     (size_t)count);
}

CB_OWNED char *
raw(int of, CB_OUT size_t *n)
{
    *n = of > 0 ? 3 : (size_t)-of;
    return of > 0 ? memcpy(malloc(3), "a\0b", 3) : NULL;
}

const double *
constants(CB_OUT size_t *n)
{
    static const double values[] = {1.5, 2.5};
    *n = 2;
    return values;
}

const char *
parts(CB_OUT size_t *len)
{
    *len = 3;
    return "x\0y";
}

void
two(CB_OUT CB_OWNED float **x, CB_OUT size_t *n_x,
    CB_OUT CB_OWNED_BY(give_back) void **y, CB_OUT size_t *n_y)
{
    *x = calloc(*n_x = 2, sizeof(**x));
    *y = memset(take_memory(4), 'y', *n_y = 4);
}
