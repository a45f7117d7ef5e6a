/* python_choose: which interpreter DESIGN.md's order gives; python.h's
 * python_find and python_find_for. Reads scripts' first lines, runs nothing
 * but what python_probe and pyenv run. */
#include "python.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "tool.h"

/* `asked` may name a virtual environment's folder. */
static char *
program_in(const char *asked)
{
    if (!path_is_dir(asked)) {
        return mem_copy_str(asked);
    }
    char *python = path_join(asked, "bin/python");
    if (!path_is_file(python)) {
        free(python);
        python = path_join(asked, "bin/python3");
    }
    return python;
}

static int
probe(struct python *p, const char *asked, const char *origin,
      struct err *e)
{
    char *program = program_in(asked);
    int status = python_probe(p, program, e);
    if (status == 0) {
        p->origin = mem_copy_str(origin);
    }
    free(program);
    return status;
}

int
python_find(struct python *p, const char *asked, const char *root,
            struct err *e)
{
    if (asked != NULL && asked[0] != '\0') {
        return probe(p, asked, "--python", e);
    }
    const char *venv = getenv("VIRTUAL_ENV");
    if (venv != NULL && venv[0] != '\0') {
        if (path_is_dir(venv)) {
            return probe(p, venv, "VIRTUAL_ENV", e);
        }
        return err_set(e, ERR_USAGE,
                       "VIRTUAL_ENV names %s, which is not there", venv);
    }
    char *local = path_join(root == NULL ? "." : root, ".venv");
    char *inside = program_in(local);
    int status;
    if (path_is_dir(local) && path_is_file(inside)) {
        status = probe(p, local, ".venv", e);
    }
    else {
        char *found = path_which("python3");
        if (found == NULL) {
            found = path_which("python");
        }
        status = found == NULL
                     ? err_set(e, ERR_USAGE,
                               "there is no python3 on PATH; --python names "
                               "one")
                     : probe(p, found, "PATH", e);
        free(found);
    }
    free(inside);
    free(local);
    return status;
}

/* The first 4 KB of a file as text, on the heap; NULL when it cannot be
 * read. */
static char *
read_start(const char *path)
{
    struct buf bytes = BUF_INIT;
    char *text = NULL;
    if (path_is_file(path) && file_read(path, &bytes, NULL) == 0) {
        text = mem_copy_range(bytes.data == NULL ? "" : bytes.data,
                              bytes.len < 4096 ? bytes.len : 4096);
    }
    buf_dispose(&bytes);
    return text;
}

static bool
is_python(const char *program)
{
    const char *base = path_base(program);
    if (strncmp(base, "python", 6) != 0) {
        return false;
    }
    return base[6 + strspn(base + 6, "0123456789.td")] == '\0';
}

/* The interpreter that the words of a #! line start, on the heap; NULL when
 * it is no Python. */
static char *
python_in_words(struct list *words)
{
    size_t i = 0;
    if (words->count > 0 && strcmp(path_base(words->items[0]), "env") == 0) {
        i++;
        while (i < words->count
               && (words->items[i][0] == '-'
                   || strchr(words->items[i], '=') != NULL))
        {
            i++;
        }
    }
    if (i >= words->count || !is_python(words->items[i])) {
        return NULL;
    }
    return path_which(words->items[i]);
}

static char *
python_in_line(const char *line)
{
    struct list words = LIST_INIT;
    char *copy = mem_copy_range(line, strcspn(line, "\r\n"));
    char *found = NULL;
    if (list_split(&words, copy) == 0) {
        found = python_in_words(&words);
    }
    free(copy);
    list_dispose(&words);
    return found;
}

/* The kernel refuses long #! lines, so installers write
 *     #!/bin/sh
 *     '''exec' "/a long path/python" "$0" "$@"
 */
static char *
python_in_script(const char *text)
{
    if (strncmp(text, "#!", 2) != 0) {
        return NULL;
    }
    char *found = python_in_line(text + 2);
    const char *second = strchr(text, '\n');
    static const char start[] = "'''exec' ";
    if (found == NULL && second != NULL
        && strncmp(second + 1, start, sizeof(start) - 1) == 0)
    {
        found = python_in_line(second + sizeof(start));
    }
    return found;
}

/* What pyenv's shim would start for `command`, on the heap, or NULL. */
static char *
ask_pyenv(const char *text, const char *command)
{
    const char *at = strstr(text, "/libexec/pyenv\" exec");
    if (at == NULL) {
        return NULL;
    }
    const char *start = at;
    while (start > text && start[-1] != '"' && start[-1] != '\n') {
        start--;
    }
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = 10000};
    list_add_taken(&argv,
                   mem_copy_range(start, (size_t)(at - start)
                                             + strlen("/libexec/pyenv")));
    list_add(&argv, "which");
    list_add(&argv, path_base(command));
    char *found = NULL;
    if (tool_run(&argv, &o, &r, NULL) == 0 && r.status == 0) {
        const char *out = buf_text(&r.out);
        found = mem_copy_range(out, strcspn(out, "\n"));
    }
    tool_result_dispose(&r);
    list_dispose(&argv);
    return found;
}

/* The Python that `command` runs on, on the heap, or NULL. */
static char *
python_of(const char *command, int depth)
{
    char *path = path_which(command);
    char *text = path == NULL ? NULL : read_start(path);
    char *found = NULL;
    if (path != NULL && is_python(path)) {
        found = mem_copy_str(path);
    }
    else if (text != NULL) {
        found = python_in_script(text);
        char *target = found == NULL && depth == 0 ? ask_pyenv(text, command)
                                                   : NULL;
        if (target != NULL) {
            found = python_of(target, depth + 1);
        }
        free(target);
    }
    free(text);
    free(path);
    return found;
}

int
python_find_for(struct python *p, const char *asked, const char *command,
                const char *root, struct err *e)
{
    bool is_silent = asked == NULL || asked[0] == '\0';
    char *found = is_silent && command != NULL ? python_of(command, 0)
                                               : NULL;
    if (found == NULL) {
        return python_find(p, asked, root, e);
    }
    int status = probe(p, found, path_base(command), e);
    free(found);
    return status;
}
