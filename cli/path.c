/* path: see path.h. */
#include "path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

char *
path_join(const char *dir, const char *name)
{
    if (name[0] == '/' || dir[0] == '\0') {
        return mem_copy_str(name);
    }
    size_t len = strlen(dir);
    return mem_format("%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

const char *
path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

const char *
path_suffix(const char *path)
{
    const char *base = path_base(path);
    const char *dot = strrchr(base, '.');
    return dot == NULL || dot == base ? "" : dot;
}

char *
path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return mem_copy_str(".");
    }
    return mem_copy_range(path, slash == path ? 1 : (size_t)(slash - path));
}

char *
path_stem(const char *path)
{
    const char *base = path_base(path);
    return mem_copy_range(base, strlen(base) - strlen(path_suffix(path)));
}

char *
path_real(const char *path)
{
    char *found = realpath(path, NULL);
    if (found != NULL) {
        return found;
    }
    char *dir = path_dir(path);
    const char *base = path_base(path);
    char *result = NULL;
    if (strcmp(path, "/") == 0 || strcmp(dir, path) == 0) {
        result = mem_copy_str(path);
    }
    else {
        char *real_dir = path_real(dir);
        result = base[0] == '\0' ? mem_copy_str(real_dir)
                                 : path_join(real_dir, base);
        free(real_dir);
    }
    free(dir);
    return result;
}

bool
path_is_below(const char *path, const char *dir)
{
    size_t len = strlen(dir);
    while (len > 1 && dir[len - 1] == '/') {
        len--;
    }
    if (len == 1 && dir[0] == '/') {
        return path[0] == '/';
    }
    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

const char *
path_below(const char *path, const char *dir)
{
    if (!path_is_below(path, dir)) {
        return path;
    }
    const char *rest = path + strlen(dir);
    while (*rest == '/') {
        rest++;
    }
    return rest;
}

bool
path_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
path_is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int
path_make_dirs(const char *path, unsigned mode, struct err *e)
{
    if (path_is_dir(path) || mkdir(path, mode) == 0 || path_is_dir(path)) {
        return 0;
    }
    if (errno == ENOENT) {
        char *parent = path_dir(path);
        int made = strcmp(parent, path) == 0
                       ? -1
                       : path_make_dirs(parent, mode, e);
        free(parent);
        if (made < 0) {
            return -1;
        }
        if (mkdir(path, mode) == 0 || path_is_dir(path)) {
            return 0;
        }
    }
    return err_set(e, ERR_SYSTEM, "making the folder %s:", path);
}

static bool
is_program(const char *path)
{
    return path_is_file(path) && access(path, X_OK) == 0;
}

char *
path_which(const char *program)
{
    if (strchr(program, '/') != NULL) {
        return is_program(program) ? mem_copy_str(program) : NULL;
    }
    const char *search = getenv("PATH");
    if (search == NULL || program[0] == '\0') {
        return NULL;
    }
    while (true) {
        size_t len = strcspn(search, ":");
        char *dir = len == 0 ? mem_copy_str(".") : mem_copy_range(search, len);
        char *candidate = path_join(dir, program);
        free(dir);
        if (is_program(candidate)) {
            return candidate;
        }
        free(candidate);
        if (search[len] == '\0') {
            return NULL;
        }
        search += len + 1;
    }
}
