/* pyi_file: see pyi_file.h. */
#include "pyi_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "pyi.h"

/* "pkg/_speedups" of pkg._speedups. */
static char *
dotted_path(const char *name)
{
    char *path = mem_copy_str(name);
    for (char *c = path; *c != '\0'; c++) {
        if (*c == '.') {
            *c = '/';
        }
    }
    return path;
}

static bool
ends(const char *text, const char *with)
{
    size_t len = strlen(text), tail = strlen(with);
    return len >= tail && strcmp(text + len - tail, with) == 0;
}

/* The folder of the module's package below `root` or its src/; NULL when
 * there is none. */
static char *
package_folder(const char *root, const char *path)
{
    static const char *const tops[] = {"", "/src", NULL};
    char *above = strchr(path, '/') == NULL ? NULL : path_dir(path);
    for (size_t i = 0; above != NULL && tops[i] != NULL; i++) {
        char *folder = mem_format("%s%s/%s", root, tops[i], above);
        if (path_is_dir(folder)) {
            free(above);
            return folder;
        }
        free(folder);
    }
    bool is_top = above == NULL;
    free(above);
    return is_top ? mem_copy_str(root) : NULL;
}

char *
pyi_place(const struct module *m, const char *root)
{
    char *path = dotted_path(m->name);
    char *own = mem_format("/%s%s", path, path_suffix(m->source));
    char *folder = ends(m->source, own) ? NULL : package_folder(root, path);
    if (folder == NULL) {
        folder = path_dir(m->source);
    }
    char *place = mem_format("%s/%s.pyi", folder, m->stem);
    free(folder);
    free(own);
    free(path);
    return place;
}

static const char *
behind_first_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return end == NULL ? "" : end + 1;
}

/* Reads a file that we have written; false when it is none. */
static bool
read_own(const char *place, struct buf *text)
{
    struct stat st;
    return lstat(place, &st) == 0 && S_ISREG(st.st_mode)
           && file_read(place, text, NULL) == 0
           && strncmp(buf_text(text), PYI_MARK, strlen(PYI_MARK)) == 0;
}

enum pyi_state
pyi_look(const char *place, const char *fresh)
{
    struct buf old = BUF_INIT;
    struct buf new = BUF_INIT;
    struct stat st;
    enum pyi_state state = PYI_OLD;
    if (lstat(place, &st) < 0) {
        state = PYI_MISSING;
    }
    else if (!read_own(place, &old)) {
        state = PYI_FOREIGN;
    }
    else if (file_read(fresh, &new, NULL) < 0
             || strcmp(behind_first_line(buf_text(&old)),
                       behind_first_line(buf_text(&new)))
                    == 0)
    {
        state = PYI_SAME;
    }
    buf_dispose(&old);
    buf_dispose(&new);
    return state;
}

int
pyi_put(const char *place, const char *fresh, struct err *e)
{
    struct buf text = BUF_INIT;
    int status = file_read(fresh, &text, e);
    if (status == 0) {
        status = file_write(place, buf_text(&text), text.len, e);
    }
    buf_dispose(&text);
    return status;
}

bool
pyi_drop(const char *place)
{
    struct buf text = BUF_INIT;
    bool is_gone = read_own(place, &text) && unlink(place) == 0;
    buf_dispose(&text);
    return is_gone;
}
