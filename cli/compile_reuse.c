/* compile_reuse: see compile_reuse.h. */
#include "compile_reuse.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compile_job.h"
#include "compile_key.h"
#include "diag.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "surface.h"

/* The file beside a binding that tells what it is made of. */
#define NAME_FILE "surface"

/* False when there is no text, or it has no surface. */
static bool
add_surface(const struct buf *text, struct digest_state *s)
{
    struct buf surface = BUF_INIT;
    bool is_good = text->len > 0
                   && surface_read(buf_text(text), text->len, &surface);
    if (is_good) {
        digest_add(s, &surface.len, sizeof(surface.len));
        digest_add(s, buf_text(&surface), surface.len);
    }
    buf_dispose(&surface);
    return is_good;
}

bool
reuse_name(const struct job *j, const struct key *k, struct digest *name)
{
    struct digest_state s;
    bool is_good = j->plain_name != NULL;
    digest_start(&s);
    digest_add(&s, &k->reading, sizeof(k->reading));
    for (size_t i = 0; is_good && i < k->paths.count; i++) {
        digest_add_str(&s, k->paths.items[i]);
        if (i < k->source_count) {
            is_good = add_surface(&k->texts[i], &s);
        }
        else {
            digest_add(&s, &k->digests[i], sizeof(k->digests[i]));
        }
    }
    *name = digest_end(&s);
    return is_good;
}

/* -1, or what `binding` and `stub` hold as a scan would have told it. */
static int
answer_with(const struct buf *binding, const struct buf *stub)
{
    const struct diag_list none = DIAG_LIST_INIT;
    int fd = memfd_create("binding", MFD_CLOEXEC);
    if (fd >= 0) {
        scan_answer_write(fd, 0, binding, stub, &none);
        lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

int
reuse_answer(const struct job *j, const struct digest *name,
             const char *artefact)
{
    char *folder = artefact == NULL ? NULL : path_dir(artefact);
    if (folder == NULL) {
        return -1;
    }
    char wanted[DIGEST_TEXT];
    struct buf text = BUF_INIT;
    struct buf binding = BUF_INIT;
    struct buf stub = BUF_INIT;
    char *name_path = path_join(folder, NAME_FILE);
    char *binding_path = mem_format("%s/%s.binding.c", folder, j->stem);
    char *stub_path = mem_format("%s/%s.pyi", folder, j->stem);
    int fd = -1;
    digest_text(name, wanted);
    if (path_is_file(name_path) && file_read(name_path, &text, NULL) == 0
        && strcmp(buf_text(&text), wanted) == 0
        && file_read(binding_path, &binding, NULL) == 0
        && (!path_is_file(stub_path)
            || file_read(stub_path, &stub, NULL) == 0))
    {
        fd = answer_with(&binding, &stub);
    }
    buf_dispose(&text);
    buf_dispose(&binding);
    buf_dispose(&stub);
    free(name_path);
    free(binding_path);
    free(stub_path);
    free(folder);
    return fd;
}

void
reuse_note(const struct job *j, const struct digest *name)
{
    char text[DIGEST_TEXT];
    char *path = path_join(j->folder, NAME_FILE);
    digest_text(name, text);
    file_write(path, text, strlen(text), NULL);
    free(path);
}
