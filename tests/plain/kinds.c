/* Every kind of parameter and result that a plain function may have. */
#include <cowbird.h>
#include <stdio.h>
#include <string.h>

#define LIMIT 10
#define LOW (-3)
#define NAME "a\tb"
#define RATE 1.5e3
#define ALL 0xffffffffffffffffu
static const int ANSWER = 6 * 7;
static const double HALF = 0.5;
static const char *const WORD = "w\xc3\xb6rd";
/* Of a light. */
enum color { RED, GREEN = 5, BLUE };
typedef enum { _ANGRY = -1, CALM = 1, WILD } mood;
enum { DEEP = -9223372036854775807LL - 1 };

bool same_bool(bool x) { return x; }
char same_char(char x) { return x; }
int8_t same_i8(int8_t x) { return x; }
uint8_t same_u8(uint8_t x) { return x; }
int16_t same_i16(int16_t x) { return x; }
uint16_t same_u16(uint16_t x) { return x; }
int32_t same_i32(int32_t x) { return x; }
uint32_t same_u32(uint32_t x) { return x; }
int64_t same_i64(int64_t x) { return x; }
uint64_t same_u64(uint64_t x) { return x; }
long long same_ll(long long x) { return x; }
unsigned long long same_ull(unsigned long long x) { return x; }
size_t same_size(size_t x) { return x; }
float same_float(float x) { return x; }
double same_double(double x) { return x; }
long double same_ldouble(long double x) { return x; }
enum color same_color(enum color x) { return x; }
mood grow(mood x) { return x * 2; }
mood moods(CB_OUT enum color *of) { *of = BLUE; return WILD; }
const char *same_text(const char *text) { return text; }
const char *no_text(void) { return NULL; }
const char *bad_text(void) { return "\xff"; }

/* The mean of some numbers.
 *
 * @param x the numbers
 * @return their mean
 */
double
mean(const double *x, size_t n)
{
    double sum = 0;
    if (n == 0) {
        return cb_raise(CB_ValueError, "no mean of %d numbers", 0);
    }
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

// Multiplies in place.
void
scale(double *x, size_t n, double by)
{
    for (size_t i = 0; i < n; i++) {
        x[i] *= by;
    }
}

double
dot(const double *x, const double *y, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

long
at(const int32_t *grid, size_t rows, size_t columns, size_t row, int column)
{
    if (row >= rows || (size_t)column >= columns) {
        return cb_raise(CB_IndexError, "(%zu, %d) is outside", row, column);
    }
    return grid[row * columns + (size_t)column];
}

size_t count_bytes(const char *text, size_t len)
{
    size_t nuls = 0;
    for (size_t i = 0; i < len; i++) {
        nuls += text[i] == '\0';
    }
    return len * 100 + nuls;
}

size_t any_bytes(const void *data, size_t n) { (void)data; return n; }
int few(const uint8_t *data, uint8_t n) { return n > 0 ? data[n - 1] : -1; }
void fill(char *out, size_t n) { memset(out, 'x', n); }
int subtract(int from, int amount) { return from - amount; }
int unnamed(int x, int);
int unnamed(int x, int _) { return x + _; }
static int hidden(int x) { return x; }
int _private(int x) { return hidden(x); }

/* A name of libc's, and one of CPython's. */
int read(int x) { return x + 1; }
int PyList_New(int x) { return x + 2; }

CB_NOGIL long
away(long turns, const char *error)
{
    volatile long sum = 0;
    for (long i = 0; i < turns; i++) {
        sum += i;
    }
    if (error[0] != '\0') {
        cb_raise(CB_RuntimeError, "%s", error);
    }
    return sum;
}
