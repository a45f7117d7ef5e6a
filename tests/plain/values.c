/* Structs and enums in and out. */
#include <cowbird.h>
#include <string.h>

enum mode { OFF, ON = 3 };

/* A place in the plane. */
typedef struct {
    double x;
    double y;
} Point;

struct pixel {
    uint8_t red, green, blue;
    bool is_lit;
    int16_t depth;
};

typedef struct line {
    Point from, to;
    enum mode mode;
    char name[8];
} Line;

struct all {
    char c;
    signed char sc;
    unsigned char uc;
    short s;
    unsigned short us;
    int i;
    unsigned int ui;
    long l;
    unsigned long ul;
    long long ll;
    unsigned long long ull;
    float f;
    double d;
    long double ld;
    bool b;
    const int fixed;
    int lambda;
};

struct table {
    int32_t cells[3];
    Point corners[2];
    enum mode modes[2];
};

Point turned(Point p) { return (Point){-p.y, p.x}; }
double length(const Point *p) { return p->x * p->x + p->y * p->y; }

// Moves it in place.
void move_by(Point *p, double dx, CB_DEFAULT(0) double dy)
{
    p->x += dx;
    p->y += dy;
}

int has(CB_DEFAULT(NULL) const Point *p) { return p != NULL; }

double
sum(const Point *points, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += points[i].x + points[i].y;
    }
    return sum;
}

void
scale(Point *points, size_t n, double by)
{
    for (size_t i = 0; i < n; i++) {
        points[i].x *= by;
        points[i].y *= by;
    }
}

struct pixel invert(struct pixel p)
{
    p.red = 255 - p.red;
    p.is_lit = !p.is_lit;
    p.depth = -p.depth;
    return p;
}

Line reversed(Line line)
{
    Line out = {line.to, line.from, line.mode == ON ? OFF : ON, "r"};
    memcpy(out.name + 1, line.name, 6);
    return out;
}

struct all same(struct all a) { return a; }
struct table doubled(struct table t)
{
    for (int i = 0; i < 3; i++) {
        t.cells[i] *= 2;
    }
    t.corners[1].y = 9;
    return t;
}

enum mode raw(Line *line)
{
    memset(line->name, 0xff, 8);
    return line->mode = 7;
}

const Point *middle(bool is_there)
{
    static const Point p = {1, 2};
    return is_there ? &p : NULL;
}
void ends(Line line, CB_OUT Point *from, CB_OUT Point *to)
{
    *from = line.from;
    *to = line.to;
}
CB_NOGIL Point far(Point p) { return (Point){p.x * 1e6, p.y * 1e6}; }
