/* image: see image.h. */
#include "image.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blame.h"
#include "copy.h"
#include "definition.h"
#include "dispatch.h"
#include "elffile.h"
#include "facts.h"
#include "landing.h"
#include "pins.h"
#include "places.h"
#include "wipe.h"
#include "wire/sum.h"

#include "guard.h"

#define FORK_WAIT_S 2
#define PLACE_TRIES 8

static struct image *images; /* newest first */
static _Atomic unsigned left_count, unused_count;

/* Held while the loader works, with the GIL or without. A fork waits for it,
 * os.fork with the GIL: whoever holds it asks for nothing that the GIL's owner
 * has. */
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
        wipe_begin();
        pthread_atfork(before_fork, after_fork_in_parent,
                       after_fork_in_child);
    }
}

static void
image_free(struct image *i)
{
    if (i != NULL) {
        facts_forget(i);
        free(i->constants);
        dispatch_dispose(i);
        free(i->identities);
        free(i->path);
        free(i->name);
        free(i->stem);
        free(i->source);
        wiped_free(i, sizeof(*i));
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

/* Code that was cut or has a wrong bit is not given to the loader, which
 * would run it. */
static bool
is_whole(const struct image *i, struct err *e)
{
    uint64_t named;
    uint64_t found;
    if (!sum_in_name(i->path, &named)
        || (sum_file(i->path, &found) && found == named))
    {
        return true;
    }
    err_set(e, ERR_BUILD,
            "the compiled code of %s was damaged before it was loaded: save "
            "it again",
            i->source);
    return false;
}

/* How many bytes the loader will ask the kernel for; 0: unknown. What memory
 * or descriptors were short for is tried once more: an image that lies
 * anywhere may be kept by words that were meant for others. */
static uint64_t
span_of(const char *path)
{
    uint64_t span = 0;
    for (int tries = 0; tries < 2 && span == 0; tries++) {
        struct elffile f;
        span = elffile_read(&f, path) ? f.span : 0;
        elffile_dispose(&f);
    }
    return span;
}

/* Whether the image lies where places_lend wanted it. */
static bool
is_in_place(void *handle, uint64_t span)
{
    struct link_map *map;
    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0
           && places_hold(map->l_addr, map->l_addr + span);
}

/* A thread that unmaps something meanwhile makes a hole that is higher. */
static void *
open_file(const struct image *i, uint64_t span, struct err *e)
{
    for (int tries = 1;; tries++) {
        bool is_lent = places_lend(span);
        void *handle = dlopen(i->path, RTLD_NOW | RTLD_LOCAL);
        if (handle == NULL) {
            explain_load(i, dlerror(), e);
        }
        places_lent();
        if (handle == NULL || !is_lent || is_in_place(handle, span)
            || tries == PLACE_TRIES || image_runs_at_load(i->path))
        {
            return handle;
        }
        dlclose(handle);
    }
}

static void *
open_copy(const struct image *i, uint64_t span, struct err *e)
{
    (void)places_lend(span);
    void *handle = copy_open(i->path, e);
    places_lent();
    return handle;
}

static void *
load(const struct image *i, struct err *e)
{
    if (!is_whole(i, e)) {
        return NULL;
    }
    uint64_t span = span_of(i->path);
    pthread_mutex_lock(&loading);
    void *handle = dlopen(i->path, RTLD_NOW | RTLD_NOLOAD);
    bool is_there = handle != NULL;
    if (is_there) {
        dlclose(handle);
    }
    handle = is_there ? open_copy(i, span, e) : open_file(i, span, e);
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
    i->name = strdup(place->name);
    i->stem = strdup(place->stem);
    i->source = strdup(place->source);
    i->generation = place->generation;
    i->shown = place->shown;
    i->has_run = true;
    if (i->path == NULL || i->name == NULL || i->stem == NULL
        || i->source == NULL)
    {
        err_set(e, ERR_SYSTEM, "out of memory for an image");
        goto failed;
    }
    i->handle = load(i, e);
    if (i->handle == NULL) {
        goto failed;
    }
    if (elf_view(i->handle, &i->elf, e) < 0) {
        goto failed; /* nobody knows what it is: it stays */
    }
    i->hook = definition_hook(i->handle, i->stem);
    i->kind = kind_of(i->path);
    i->pin = pin_of(&i->elf);
    blame_know(i);
    landing_offer(i->handle, &i->elf);
    return i;
failed:
    image_free(i);
    return NULL;
}

void
image_keep(struct image *i)
{
    i->next = images;
    images = i;
}

bool
image_runs_at_load(const char *path)
{
    struct elffile f;
    bool is_known = elffile_read(&f, path);
    bool is_quiet = is_known && f.start_count <= (f.has_crt ? 1u : 0u);
    for (size_t i = 0; is_quiet && i < f.needed_count; i++) {
        void *there = dlopen(f.needed[i], RTLD_LAZY | RTLD_NOLOAD);
        is_quiet = there != NULL;
        if (there != NULL) {
            dlclose(there);
        }
    }
    elffile_dispose(&f);
    return !is_quiet;
}

bool
image_is_multi_phase(const struct image *i)
{
    return i->hook != NULL || elf_imports(&i->elf, "PyModuleDef_Init");
}

void
image_define(struct image *i, PyModuleDef *def)
{
    i->def = def;
    i->token = def;
}

int
image_init(struct image *i, PyObject **module, struct err *e)
{
    *module = NULL;
    if (i->hook != NULL) {
        return definition_read(i, e);
    }
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
    i->has_run = true;
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
        *module = made;
        return 0;
    }
    image_define(i, (PyModuleDef *)made);
    return 0;
}

void
image_leave(struct image *i)
{
    if (i != NULL && i->state != IMAGE_DRAINING) {
        i->state = IMAGE_DRAINING;
        left_count++;
        unused_count += i->has_run ? 0 : 1;
    }
}

unsigned
image_left_count(void)
{
    return left_count;
}

unsigned
image_unused_count(void)
{
    return unused_count;
}

struct image *
image_at(const char *path)
{
    struct image *i = images;
    while (i != NULL && strcmp(i->path, path) != 0) {
        i = i->next;
    }
    return i;
}

struct image *
image_first(void)
{
    return images;
}

void
image_forget(struct image *i)
{
    struct image **at = &images;
    while (*at != NULL && *at != i) {
        at = &(*at)->next;
    }
    if (*at == i) {
        *at = i->next;
    }
}

/* A copy in memory has no name to ask by; another image may have its. */
bool
image_close(struct image *i)
{
    pthread_mutex_lock(&loading);
    wipe_frees(true);
    dlclose(i->handle);
    wipe_frees(false);
    void *there = dlopen(i->path, RTLD_NOW | RTLD_NOLOAD);
    bool stays = there == i->handle; /* asking has given our share back */
    if (there != NULL && !stays) {
        dlclose(there);
    }
    if (!stays) {
        blame_forget(i); /* before the next one can take its place */
        places_take_back(i->elf.start, i->elf.end);
    }
    pthread_mutex_unlock(&loading);
    if (!stays) {
        image_free(i);
    }
    return !stays;
}

size_t
image_count(void)
{
    size_t count = 0;
    for (const struct image *i = images; i != NULL; i = i->next) {
        count++;
    }
    return count;
}
