/* process: see process.h. */
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"

char
process_state(long pid)
{
    char *path = mem_format("/proc/%ld/stat", pid);
    struct buf text = BUF_INIT;
    const char *at = file_read(path, &text, NULL) == 0
                         ? strrchr(buf_text(&text), ')')
                         : NULL;
    char state = at != NULL && at[1] == ' ' ? at[2] : '?';
    buf_dispose(&text);
    free(path);
    return state;
}

bool
process_is_dead(long pid)
{
    char state = process_state(pid);
    /* In this order: whoever is reaped after the first look is gone at the
     * second. */
    return state == 'Z' || state == 'X'
           || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}
