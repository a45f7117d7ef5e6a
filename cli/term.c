/* term: see term.h. */
#include "term.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool
is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

bool
term_wants_color(int fd)
{
    if (is_set("NO_COLOR")) {
        return false;
    }
    if (is_set("FORCE_COLOR")) {
        return strcmp(getenv("FORCE_COLOR"), "0") != 0;
    }
    const char *kind = getenv("TERM");
    if (kind == NULL || strcmp(kind, "dumb") == 0) {
        return false;
    }
    return isatty(fd) == 1;
}

bool
term_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (is_set(names[i])) {
            const char *value = getenv(names[i]);
            return strcasestr(value, "utf-8") != NULL
                   || strcasestr(value, "utf8") != NULL;
        }
    }
    return false;
}

void
term_write(int fd, const char *bytes, size_t len)
{
    enum { STALL_MS = 1000 };
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n >= 0) {
            bytes += n;
            len -= (size_t)n;
        }
        else if (errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            if (poll(&p, 1, STALL_MS) <= 0) {
                return;
            }
        }
        else if (errno != EINTR) {
            return;
        }
    }
}
