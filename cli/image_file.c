/* image_file: see image_file.h. */
#include "image_file.h"

#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "wire/sum.h"

int
image_file_make(struct image_file *f, const char *folder, const char *stem,
                const char *artefact, bool is_fresh, struct err *e)
{
    uint64_t sum;
    if (!sum_file(artefact, &sum)) {
        return err_set(e, ERR_SYSTEM, "reading %s:", artefact);
    }
    f->path = mem_format("%s/%llu-%s-%016llx.so", folder,
                         (unsigned long long)f->generation, stem,
                         (unsigned long long)sum);
    int status = path_make_dirs(folder, 0700, e);
    /* a new file is looked for among those just deleted, on ext4 (fs/ext4/
     * ialloc.c, recently_deleted): a save makes as few as it can */
    bool is_linked = status == 0 && is_fresh && link(artefact, f->path) == 0;
    if (status == 0 && !is_linked) {
        status = file_copy(artefact, f->path, e);
    }
    if (status < 0) {
        free(f->path);
        f->path = NULL;
    }
    return status;
}

void
image_file_remove(struct image_file *f)
{
    unlink(f->path);
    free(f->path);
    f->path = NULL;
}
