/* copy: see copy.h. */
#include "pyabi.h"

#include "copy.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guard.h"

/* Everything that is left of `from`, into `to`. */
static int
copy_bytes(int from, int to)
{
    char bytes[65536];
    for (;;) {
        ssize_t n = read(from, bytes, sizeof(bytes));
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(to, bytes + done, (size_t)(n - done));
            if (w < 0 && errno != EINTR) {
                return -1;
            }
            done += w < 0 ? 0 : w;
        }
        if (n < 0) {
            return -1;
        }
    }
}

/* A name for `fd` that was never used before: the loader compares names
 * before it opens anything, and descriptors' numbers come back. So the count
 * of copies is spelt into it in ones ("/.") and zeros ("//"). */
static void
unique_name(int fd, char *name, size_t len)
{
    static uint32_t copies; /* with the GIL */
    uint32_t count = ++copies;
    size_t at = (size_t)snprintf(name, len, "/proc/self");
    for (; count > 0; count >>= 1) {
        name[at++] = '/';
        name[at++] = (count & 1) != 0 ? '.' : '/';
    }
    snprintf(name + at, len - at, "/fd/%d", fd);
}

void *
copy_open(const char *path, struct err *e)
{
    void *handle = NULL;
    char name[128];
    int to = -1;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        err_set(e, ERR_SYSTEM, "%s:", path);
        goto done;
    }
    to = memfd_create("cowbird", MFD_CLOEXEC);
    if (to < 0 || copy_bytes(from, to) < 0) {
        err_set(e, ERR_SYSTEM, "copying %s:", path);
        goto done;
    }
    unique_name(to, name, sizeof(name));
    handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        err_set(e, ERR_SYSTEM, "a copy of %s does not load: %s", path,
                dlerror());
    }
done:
    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        close(to);
    }
    return handle;
}
