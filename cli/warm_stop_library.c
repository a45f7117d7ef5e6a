/* warm_stop_library: the library that is preloaded into compilers, carried in
 * the program itself, so that it is there wherever the program is. */
#include "warm_stop.h"

#include <sys/mman.h>
#include <unistd.h>

extern const char warm_stop_begin[], warm_stop_end[];

__asm__(".pushsection .rodata\n"
        ".global warm_stop_begin, warm_stop_end\n"
        ".hidden warm_stop_begin, warm_stop_end\n"
        "warm_stop_begin:\n"
        ".incbin \"" WARM_STOP_LIBRARY "\"\n"
        "warm_stop_end:\n"
        ".popsection\n");

int
warm_stop_library(void)
{
    size_t len = (size_t)(warm_stop_end - warm_stop_begin);
    int fd = memfd_create("cowbird_stop", 0);
    if (fd >= 0 && write(fd, warm_stop_begin, len) != (ssize_t)len) {
        close(fd);
        fd = -1;
    }
    return fd;
}
