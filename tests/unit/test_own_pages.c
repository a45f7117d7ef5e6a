/* own_pages: which pages the next fork makes its own. */
#include "own_pages.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define PAGES 64
#define SKIPPED 77

static char *pages;
static size_t page;

/* The bit that the kernel keeps for a page that one process alone maps. */
static bool
is_own(size_t index)
{
    uint64_t word = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    off_t at = (off_t)(((uintptr_t)pages / page + index) * sizeof(word));
    bool is_known = fd >= 0
                    && pread(fd, &word, sizeof(word), at) == sizeof(word);
    close(fd);
    return is_known && (word & (UINT64_C(1) << 56)) != 0;
}

/* Forks; what the child returns is its exit status, and ours. */
static int
in_a_fork(int (*work)(struct own_pages *), struct own_pages *o)
{
    int status = -1;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(work(o));
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
write_to_two(struct own_pages *o)
{
    own_pages_take(o);
    if (is_own(3)) {
        return 1; /* before anybody has written to it */
    }
    pages[3 * page] = 1;
    pages[5 * page + 7] = 1;
    own_pages_note(o);
    return 0;
}

static int
count_owned(struct own_pages *o)
{
    int count = 0;
    own_pages_take(o);
    for (size_t i = 0; i < PAGES; i++) {
        count += is_own(i);
    }
    return is_own(3) && is_own(5) ? count : 100;
}

static void
the_next_fork_owns_the_pages_that_the_last_one_wrote_to(void)
{
    struct own_pages *o = own_pages_new();
    CHECK(o != NULL);
    CHECK(in_a_fork(count_owned, o) == 100);
    CHECK(in_a_fork(write_to_two, o) == 0);
    CHECK(in_a_fork(count_owned, o) == 2);
    CHECK(pages[3 * page] == 0);
}

static int
unmap_and_take(struct own_pages *o)
{
    munmap(pages + 4 * page, 8 * page);
    own_pages_take(o);
    return is_own(3) ? 0 : 1;
}

static void
a_page_that_is_gone_is_left_alone(void)
{
    struct own_pages *o = own_pages_new();
    CHECK(in_a_fork(write_to_two, o) == 0);
    CHECK(in_a_fork(unmap_and_take, o) == 0);
}

static void
without_memory_nothing_happens(void)
{
    own_pages_note(NULL);
    own_pages_take(NULL);
}

int
main(void)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    pages = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    for (size_t i = 0; i < PAGES; i++) {
        pages[i * page] = 0;
    }
    if (!is_own(0)) {
        printf("skipped: this kernel does not tell whose a page is\n");
        return SKIPPED;
    }
    RUN(the_next_fork_owns_the_pages_that_the_last_one_wrote_to);
    RUN(a_page_that_is_gone_is_left_alone);
    RUN(without_memory_nothing_happens);
    return 0;
}
