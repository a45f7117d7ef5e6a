/* Pointers that Python holds and does not look into. */
#include <cowbird.h>
#include <stdlib.h>
#include <string.h>

typedef struct store store;
struct store {
    int count;
    char name[20];
};
typedef struct shelf_s *shelf;
typedef struct far far;

static int closed;
static volatile int is_inside, may_go;

store *
store_open(const char *name, int number)
{
    if (number < 0) {
        return NULL;
    }
    store *s = calloc(1, sizeof(*s));
    strncpy(s->name, name, sizeof(s->name) - 1);
    s->count = number;
    return s;
}

CB_ERRNO store *
store_must(int count)
{
    return store_open("must", count);
}

void store_out(CB_OUT store **s, int count) { *s = store_open("out", count); }
int store_count(const store *s, int more) { return s->count + more; }
const char *store_name(store *s) { return s->name; }
store *store_add(store *s, int n) { s->count += n; return s; }
const store *store_peek(store *s) { return s; }
int either(CB_DEFAULT(NULL) store *a, CB_DEFAULT(NULL) store *b)
{
    return (a != NULL) + 2 * (b != NULL);
}

CB_CLOSES int
store_close(store *s)
{
    int count = s->count;
    closed++;
    if (count == 13) {
        cb_raise(CB_ValueError, "%s was unlucky", s->name);
    }
    free(s);
    return count;
}

int closed_count(void) { return closed; }

CB_NOGIL int
store_wait(store *s)
{
    is_inside = 1;
    while (!may_go) {
    }
    return s->count;
}

bool waits(void) { return is_inside; }
void go(void) { may_go = 1; }

/* -- what is lent --------------------------------------------------------- */

shelf
store_shelf(store *s, int number)
{
    return (shelf)&s->name[number];
}

static store *standing;
CB_BORROWED store *
store_standing(void)
{
    if (standing == NULL) {
        standing = store_open("standing", 1);
    }
    return standing;
}

far *far_none(int a) { (void)a; return NULL; }
far *far_some(void) { return (far *)&standing; }
int far_is(const far *f) { return f == (const far *)&standing; }
