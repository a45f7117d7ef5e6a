/* @MODULE@: waits for the disk without holding up other threads.
 *
 *     from @MODULE@ import checksum
 *     checksum("/etc/hosts")     # the same as zlib.adler32 of its bytes
 */
#include <cowbird.h> /* its first comment is the manual */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* One sum of Adler-32. */
struct sum {
    uint32_t low;
    uint32_t high;
};

static ssize_t
read_block(int fd, struct sum *sum)
{
    unsigned char bytes[16384];
    ssize_t count = read(fd, bytes, sizeof(bytes));
    for (ssize_t i = 0; i < count; i++) {
        sum->low = (sum->low + bytes[i]) % 65521;
        sum->high = (sum->high + sum->low) % 65521;
    }
    return count;
}

/* Adler-32 of a file's bytes. CB_NOGIL: Python's other threads run meanwhile,
 * and may be in here too, so nothing that is shared may be written. */
CB_NOGIL uint32_t
checksum(const char *path)
{
    struct sum sum = {1, 0};
    int fd;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    ssize_t count = fd < 0 ? -1 : 1;
    while (count > 0 || (count < 0 && errno == EINTR)) {
        count = read_block(fd, &sum);
    }
    if (count < 0) {
        cb_raise_errno(path);
    }
    if (fd >= 0) {
        close(fd);
    }
    return sum.high << 16 | sum.low;
}
