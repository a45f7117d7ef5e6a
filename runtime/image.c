/* image: see image.h. */
#include "image.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "copy.h"

#include "guard.h"

#define FORK_WAIT_S 2

static struct image *images; /* newest first */
static size_t opened_count;

/* Held while the loader works. Taken after the GIL, or without it by a fork
 * of C code. */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static __thread bool is_fork_locked;

static void
before_fork(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FORK_WAIT_S;
    is_fork_locked = pthread_mutex_timedlock(&loading, &until) == 0;
}

static void
after_fork_in_parent(void)
{
    if (is_fork_locked) {
        is_fork_locked = false;
        pthread_mutex_unlock(&loading);
    }
}

/* A thread that still held it after the wait is not in the child. */
static void
after_fork_in_child(void)
{
    if (!is_fork_locked) {
        loading = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    }
    after_fork_in_parent();
}

void
image_guard_forks(void)
{
    static bool is_done;
    if (!is_done) {
        is_done = true;
        pthread_atfork(before_fork, after_fork_in_parent,
                       after_fork_in_child);
    }
}

static void
image_free(struct image *i)
{
    if (i != NULL) {
        free(i->path);
        free(i->stem);
        free(i->source);
        free(i);
    }
}

/* The loader's words: "PATH: undefined symbol: NAME", or its own sentence. */
static void
explain_load(const struct image *i, const char *said, struct err *e)
{
    static const char mark[] = "undefined symbol: ";
    const char *at = said == NULL ? NULL : strstr(said, mark);
    if (at == NULL) {
        err_set(e, ERR_BUILD, "%s does not load: %s", i->source,
                said == NULL ? "no reason given" : said);
        return;
    }
    at += sizeof(mark) - 1;
    int len = (int)strcspn(at, " ,(");
    err_set(e, ERR_BUILD,
            "undefined symbol '%.*s' in %s: no library that the module is "
            "linked with has it",
            len, at, i->source);
}

static void *
load(const struct image *i, struct err *e)
{
    pthread_mutex_lock(&loading);
    void *handle = dlopen(i->path, RTLD_NOW | RTLD_NOLOAD);
    if (handle != NULL) {
        dlclose(handle);
        handle = copy_open(i->path, e);
    }
    else {
        handle = dlopen(i->path, RTLD_NOW | RTLD_LOCAL);
        if (handle == NULL) {
            explain_load(i, dlerror(), e);
        }
    }
    pthread_mutex_unlock(&loading);
    return handle;
}

struct image *
image_open(const struct image_place *place, struct err *e)
{
    struct image *i = calloc(1, sizeof(*i));
    if (i == NULL) {
        err_set(e, ERR_SYSTEM, "out of memory for an image");
        return NULL;
    }
    i->path = strdup(place->path);
    i->stem = strdup(place->stem);
    i->source = strdup(place->source);
    if (i->path == NULL || i->stem == NULL || i->source == NULL) {
        err_set(e, ERR_SYSTEM, "out of memory for an image");
        goto failed;
    }
    i->handle = load(i, e);
    if (i->handle == NULL) {
        goto failed;
    }
    opened_count++;
    if (elf_view(i->handle, &i->elf, e) < 0) {
        goto failed;
    }
    i->next = images;
    images = i;
    return i;
failed:
    image_free(i);
    return NULL;
}

bool
image_is_multi_phase(const struct image *i)
{
    return elf_imports(&i->elf, "PyModuleDef_Init");
}

int
image_init(struct image *i, struct err *e)
{
    char symbol[256];
    int len = PyOS_snprintf(symbol, sizeof(symbol), "PyInit_%s", i->stem);
    PyObject *(*init)(void) = NULL;
    if (len > 0 && (size_t)len < sizeof(symbol)) {
        *(void **)&init = dlsym(i->handle, symbol);
    }
    if (init == NULL) {
        return err_set(e, ERR_BUILD,
                       "no function PyInit_%s in %s: it must bear the name "
                       "of the module",
                       i->stem, i->source);
    }
    PyObject *made = init(); /* borrowed when it is a definition */
    if (made == NULL) {
        if (!PyErr_Occurred()) {
            return err_set(e, ERR_BUILD,
                           "PyInit_%s in %s returned NULL without an "
                           "exception",
                           i->stem, i->source);
        }
        return err_set(e, ERR_BUILD, "init of %s raised", i->source);
    }
    if (PyErr_Occurred()) {
        return err_set(e, ERR_BUILD,
                       "init of %s returned a value and raised", i->source);
    }
    if (!PyObject_TypeCheck(made, &PyModuleDef_Type)) {
        Py_DECREF(made);
        return err_set(e, ERR_REFUSED,
                       "single-phase init in %s: cannot be swapped; return "
                       "PyModuleDef_Init(&def) from PyInit_%s",
                       i->source, i->stem);
    }
    i->def = (PyModuleDef *)made;
    return 0;
}

struct image *
image_find(const void *address)
{
    for (struct image *i = images; i != NULL; i = i->next) {
        if (elf_holds(&i->elf, address)) {
            return i;
        }
    }
    return NULL;
}

size_t
image_count(void)
{
    return opened_count;
}
