/* atrest: see atrest.h. */
#include "pyabi.h"

#include "atrest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard.h"

/* Appends a file of the thread's folder to `text`. */
static int
read_file(long tid, const char *name, char *text, size_t len)
{
    char path[64];
    size_t used = strlen(text);
    PyOS_snprintf(path, sizeof(path), "/proc/self/task/%ld/%s", tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t n = read(fd, text + used, len - 1 - used);
    int failed = errno;
    close(fd);
    text[used + (size_t)(n > 0 ? n : 0)] = '\0';
    errno = failed;
    return n > 0 ? 0 : -1;
}

/* What the kernel says of a thread that waits: the call, its arguments, the
 * stack and the place; then for how long it has run in all, which grows
 * whenever it runs. */
static int
read_both(long tid, char *text, size_t len)
{
    text[0] = '\0';
    if (read_file(tid, "syscall", text, len) < 0) {
        return -1;
    }
    return read_file(tid, "schedstat", text, len);
}

/* "202 0x7f… (six arguments) 0x(stack) 0x(code)", or "-1 0x… 0x…" outside a
 * call, or "running". */
static bool
parse(struct atrest *a)
{
    char *at = a->seen;
    uintptr_t numbers[9];
    size_t count = 0;
    if (*at != '-' && (*at < '0' || *at > '9')) {
        return false;
    }
    at += strcspn(at, " \n");
    while (*at == ' ' && count < 9) {
        numbers[count++] = strtoul(at + 1, &at, 16);
    }
    if (count < 2 || *at != '\n') {
        return false;
    }
    a->stack = numbers[count - 2];
    a->word_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (i != count - 2) {
            a->words[a->word_count++] = numbers[i];
        }
    }
    return true;
}

enum atrest_end
atrest_see(long tid, struct atrest *a)
{
    a->tid = tid;
    if (read_both(tid, a->seen, sizeof(a->seen)) < 0) {
        bool is_gone = errno == ESRCH
                       || (errno == ENOENT && a->seen[0] == '\0');
        return is_gone ? ATREST_GONE : ATREST_UNKNOWN;
    }
    return parse(a) ? ATREST_SEEN : ATREST_RUNS;
}

bool
atrest_is_still(const struct atrest *a)
{
    char now[sizeof(a->seen)];
    return read_both(a->tid, now, sizeof(now)) == 0
           && strcmp(now, a->seen) == 0;
}

long
atrest_own(void)
{
    return syscall(SYS_gettid);
}

size_t
atrest_list(long *tids, size_t max)
{
    size_t count = 0;
    DIR *all = opendir("/proc/self/task");
    if (all == NULL) {
        return 0;
    }
    for (struct dirent *one = readdir(all); one != NULL; one = readdir(all)) {
        if (one->d_name[0] == '.') {
            continue;
        }
        if (count == max) {
            count = 0;
            break;
        }
        tids[count++] = strtol(one->d_name, NULL, 10);
    }
    closedir(all);
    return count;
}
