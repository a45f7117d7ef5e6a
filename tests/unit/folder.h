/* folder: a test's own folder under the temporary one, gone at the end. */
#ifndef COWBIRD_TESTS_FOLDER_H
#define COWBIRD_TESTS_FOLDER_H

#include "check.h"
#include "file.h"
#include "mem.h"
#include "path.h"

/* A fresh folder, real path, on the heap. */
static inline char *
folder_new(void)
{
    const char *tmp = getenv("TMPDIR");
    char *name = mem_format("%s/cowbird-test-XXXXXX",
                            tmp == NULL ? "/tmp" : tmp);
    CHECK(mkdtemp(name) != NULL);
    char *real = path_real(name);
    free(name);
    return real;
}

static inline void
folder_free(char *folder)
{
    CHECK(file_remove_tree(folder, NULL) == 0);
    free(folder);
}

/* Writes folder/name (folders between are made); the path on the heap. */
static inline char *
folder_write(const char *folder, const char *name, const char *text)
{
    char *path = path_join(folder, name);
    char *dir = path_dir(path);
    CHECK(path_make_dirs(dir, 0755, NULL) == 0);
    CHECK(file_write(path, text, strlen(text), NULL) == 0);
    free(dir);
    return path;
}

static inline void
folder_put(const char *folder, const char *name, const char *text)
{
    free(folder_write(folder, name, text));
}

#endif
