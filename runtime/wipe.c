/* wipe: see wipe.h. Here: what others free. */
#include "pyabi.h"

#include "wipe.h"

#include <malloc.h>

#include "guard.h"

static bool is_the_users = true;

void
wipe_begin(void)
{
    const char *tunables = getenv("GLIBC_TUNABLES");
    is_the_users = getenv("MALLOC_PERTURB_") != NULL
                   || (tunables != NULL
                       && strstr(tunables, "malloc.perturb") != NULL);
}

/* The loader's record of an image (glibc's struct link_map) holds where its
 * code ends (l_text_end, include/link.h up to glibc 2.40), and the next image
 * often lies at the same place: after 10,000 saves 200 images were kept by
 * such words. M_PERTURB is glibc's alone (mallopt(3)); fresh memory is the
 * complement, so zero. Another allocator's memory stays as it is. */
void
wipe_frees(bool does)
{
#ifdef M_PERTURB
    if (!is_the_users) {
        mallopt(M_PERTURB, does ? 0xff : 0);
    }
#else
    (void)does;
#endif
}
