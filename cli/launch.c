/* launch: see launch.h. */
#include "launch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "mem.h"
#include "path.h"

/* The program that `name` means: on PATH, else in the interpreter's own
 * folder, where a virtual environment that is not activated keeps its
 * scripts. */
static char *
find_program(const char *name, const struct python *p)
{
    char *found = path_which(name);
    if (found == NULL && p->executable != NULL) {
        char *bin = path_dir(p->executable);
        char *beside = path_join(bin, name);
        found = path_which(beside);
        free(beside);
        free(bin);
    }
    return found;
}

int
launch_init(struct launch *l, const struct python *p, const char *app,
            const struct list *words, const struct list *command,
            const char *session, struct err *e)
{
    *l = (struct launch){.program = NULL};
    const char *package = guest_package(e);
    if (package == NULL) {
        return -1;
    }
    l->site = path_join(package, "runtime/site");
    l->session = mem_copy_str(session);
    if (app != NULL) {
        l->program = mem_copy_str(p->executable);
        l->shown = mem_copy_str(app);
        list_add(&l->argv, p->executable);
        list_add(&l->argv, app);
        list_add_all(&l->argv, words);
        return 0;
    }
    l->program = find_program(command->items[0], p);
    if (l->program == NULL) {
        return err_set(e, ERR_USAGE, "command '%s' not found",
                       command->items[0]);
    }
    l->shown = mem_copy_str(path_base(command->items[0]));
    list_add_all(&l->argv, command);
    return 0;
}

static bool
has_pth(const struct python *p)
{
    char *path = mem_format("%s/lib/python%d.%d/site-packages/cowbird.pth",
                            p->prefix, p->major, p->minor);
    bool is_there = path_is_file(path);
    free(path);
    return is_there;
}

char *
launch_blindness(const struct launch *l, const struct python *p)
{
    if (strncmp(path_base(l->argv.items[0]), "python", 6) != 0) {
        return NULL;
    }
    for (size_t i = 1; i < l->argv.count; i++) {
        const char *word = l->argv.items[i];
        if (word[0] != '-' || word[1] == '-' || word[1] == '\0'
            || word[1] == 'c' || word[1] == 'm')
        {
            return NULL;
        }
        if (strchr(word, 'S') != NULL) {
            return mem_format("python %s starts without site: the app comes "
                              "up without native modules", word);
        }
        if (strpbrk(word, "IE") != NULL && !has_pth(p)) {
            return mem_format("python %s ignores PYTHONPATH: install cowbird "
                              "into that Python, or the app comes up without "
                              "native modules", word);
        }
        if (strcmp(word, "-X") == 0 || strcmp(word, "-W") == 0) {
            i++;
        }
    }
    return NULL;
}

int
launch_exec(const struct launch *l, struct err *e)
{
    const char *old = getenv("PYTHONPATH");
    /* An empty component would mean the working directory. */
    char *path = old == NULL || old[0] == '\0'
                     ? mem_copy_str(l->site)
                     : mem_format("%s:%s", l->site, old);
    setenv("PYTHONPATH", path, 1);
    free(path);
    setenv("COWBIRD_SESSION", l->session, 1);
    setenv("UWSGI_PY_CALL_OSAFTERFORK", "1", 0);
    setenv("UWSGI_ENABLE_THREADS", "1", 0);
    execv(l->program, l->argv.items);
    return err_set(e, ERR_SYSTEM, "starting %s:", l->program);
}

void
launch_dispose(struct launch *l)
{
    list_dispose(&l->argv);
    free(l->program);
    free(l->site);
    free(l->session);
    free(l->shown);
    *l = (struct launch){.program = NULL};
}
