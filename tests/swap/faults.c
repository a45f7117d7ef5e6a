/* faults: makes one step of the agent's thread fail, for tests/swap/faults.py.
 *
 * Preloaded into an app, in front of the C library and of a sanitizer's: it
 * stands before whatever can fail for want of memory, descriptors or room.
 * Which step fails, and how many there were, is in a page that the test has
 * mapped too. Only threads that are not the main one count.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FRAMES 24

/* faults.py has the same in its own words. */
struct page {
    long armed;  /* not 0: steps are counted */
    long at;     /* the one that fails, from 1; 0: none */
    long seen;   /* … since it was armed */
    long live;   /* blocks of memory that nobody has freed, of all threads */
    long stores; /* a journal's, see surprise.c */
    long store;  /* after which the commit is given up; 0: none */
    char what[32];
    long frames[FRAMES]; /* where it failed: addresses in their files … */
    char files[FRAMES][160];
};

static struct page *page;
/* Within a step, or within ourselves. */
static __thread int depth __attribute__((tls_model("initial-exec")));
static char early[65536];  /* what dlsym asks for before there is a malloc */
static size_t early_used;
static int is_finding;

static int
is_early(const void *at)
{
    return (const char *)at >= early
           && (const char *)at < early + sizeof(early);
}

static void *
early_take(size_t size)
{
    void *at = early + early_used;
    early_used += (size + 15) & ~(size_t)15;
    return early_used > sizeof(early) ? NULL : at;
}

static void *
next(const char *name)
{
    is_finding++;
    void *found = dlsym(RTLD_NEXT, name);
    is_finding--;
    return found;
}

#define NEXT(name) \
    static __typeof__(&name) real; \
    if (real == NULL) { \
        *(void **)&real = next(#name); \
    }

__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("COWBIRD_TEST_FAULTS");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *frames[1];
    (void)backtrace(frames, 1); /* loads what it needs */
    if (fd >= 0) {
        void *at = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
                        MAP_SHARED, fd, 0);
        close(fd);
        page = at == MAP_FAILED ? NULL : at;
    }
}

static void
note(const char *what)
{
    void *frames[FRAMES];
    strncpy(page->what, what, sizeof(page->what) - 1);
    int count = backtrace(frames, FRAMES);
    for (int i = 0; i < FRAMES; i++) {
        Dl_info info = {0};
        page->frames[i] = 0;
        page->files[i][0] = '\0';
        if (i < count && dladdr(frames[i], &info) != 0) {
            page->frames[i] = (char *)frames[i] - (char *)info.dli_fbase;
            strncpy(page->files[i], info.dli_fname,
                    sizeof(page->files[i]) - 1);
        }
    }
}

/* Whether this step is the one. */
static int
fails(const char *what)
{
    if (page == NULL || !page->armed || depth > 0
        || syscall(SYS_gettid) == getpid())
    {
        return 0;
    }
    if (++page->seen != page->at) {
        return 0;
    }
    depth++;
    note(what);
    depth--;
    return 1;
}

int
faults_step(const char *what)
{
    return fails(what);
}

/* What happens meanwhile is no step. */
void
faults_within(int more)
{
    depth += more;
}

/* A commit has stored a word: whether it is the one to be surprised at. */
int
faults_store(void)
{
    return page != NULL && page->armed && ++page->stores == page->store;
}

static void *
counted(void *at)
{
    if (page != NULL && at != NULL) {
        __atomic_add_fetch(&page->live, 1, __ATOMIC_RELAXED);
    }
    return at;
}

static void *
no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void *
malloc(size_t size)
{
    NEXT(malloc)
    if (real == NULL) {
        return early_take(size);
    }
    return fails("malloc") ? no_memory() : counted(real(size));
}

void *
calloc(size_t count, size_t size)
{
    static void *(*real)(size_t, size_t);
    if (real == NULL && is_finding) {
        return early_take(count * size);
    }
    if (real == NULL) {
        *(void **)&real = next("calloc");
    }
    return fails("calloc") ? no_memory() : counted(real(count, size));
}

void *
realloc(void *old, size_t size)
{
    NEXT(realloc)
    if (is_early(old)) {
        void *at = malloc(size);
        return at == NULL ? NULL : memcpy(at, old, size);
    }
    if (fails("realloc")) {
        return no_memory();
    }
    void *at = real(old, size);
    return old == NULL ? counted(at) : at;
}

void
free(void *at)
{
    NEXT(free)
    if (at == NULL || is_early(at) || real == NULL) {
        return;
    }
    if (page != NULL) {
        __atomic_sub_fetch(&page->live, 1, __ATOMIC_RELAXED);
    }
    real(at);
}

int
posix_memalign(void **at, size_t alignment, size_t size)
{
    NEXT(posix_memalign)
    if (fails("posix_memalign")) {
        return ENOMEM;
    }
    int failed = real(at, alignment, size);
    if (failed == 0) {
        (void)counted(*at);
    }
    return failed;
}

#define ALIGNED(name) \
    void *name(size_t alignment, size_t size) \
    { \
        NEXT(name) \
        return fails(#name) ? no_memory() : counted(real(alignment, size)); \
    }
ALIGNED(memalign)
ALIGNED(aligned_alloc)

char *
strndup(const char *text, size_t most)
{
    size_t len = strnlen(text, most);
    char *at = malloc(len + 1);
    if (at != NULL) {
        memcpy(at, text, len);
        at[len] = '\0';
    }
    return at;
}

char *
strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *at = malloc(size);
    return at == NULL ? NULL : memcpy(at, text, size);
}

/* A step as a whole: what it does inside is the loader's or the library's. */
void *
dlopen(const char *path, int flags)
{
    NEXT(dlopen)
    if (fails("dlopen")) {
        return NULL;
    }
    depth++;
    void *handle = real(path, flags);
    depth--;
    return handle;
}

#define OPENING(name) \
    int name(const char *path, int flags, ...) \
    { \
        va_list args; \
        va_start(args, flags); \
        int mode = va_arg(args, int); \
        va_end(args); \
        if (fails(#name)) { \
            errno = EMFILE; \
            return -1; \
        } \
        return openat(AT_FDCWD, path, flags, mode); \
    }
OPENING(open)
OPENING(open64)

/* `more` is what one of a place in the file has beside the others, and `last`
 * hands it on. */
#define READING(name, more, last) \
    ssize_t name(int fd, void *to, size_t size more) \
    { \
        NEXT(name) \
        if (fails(#name)) { \
            errno = EIO; \
            return -1; \
        } \
        return real(fd, to, size last); \
    }
#define NO_PLACE
#define A_PLACE , off_t at
#define THE_PLACE , at
READING(read, NO_PLACE, NO_PLACE)
READING(pread, A_PLACE, THE_PLACE)
READING(pread64, A_PLACE, THE_PLACE)

#define MAPPING(name) \
    void *name(void *at, size_t size, int protection, int flags, int fd, \
               off_t from) \
    { \
        NEXT(name) \
        if (fails(#name)) { \
            errno = ENOMEM; \
            return MAP_FAILED; \
        } \
        return real(at, size, protection, flags, fd, from); \
    }
MAPPING(mmap)
MAPPING(mmap64)

int
mprotect(void *at, size_t size, int protection)
{
    NEXT(mprotect)
    if (fails("mprotect")) {
        errno = ENOMEM;
        return -1;
    }
    return real(at, size, protection);
}

int
memfd_create(const char *name, unsigned flags)
{
    NEXT(memfd_create)
    if (fails("memfd_create")) {
        errno = EMFILE;
        return -1;
    }
    return real(name, flags);
}
