/* template: see template.h. */
#include "template.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "list.h"
#include "mem.h"
#include "opt.h"
#include "path.h"

/* The rest of the line in `about` that begins with `key`, on the heap. */
static char *
about_value(const char *about, const char *key)
{
    size_t len = strlen(key);
    for (const char *line = about; *line != '\0';) {
        size_t end = strcspn(line, "\n");
        if (strncmp(line, key, len) == 0 && line[len] == ' ') {
            size_t start = len + strspn(line + len, " ");
            return mem_copy_range(line + start, end - start);
        }
        line += end + (line[end] == '\n');
    }
    return NULL;
}

static void
dispose(struct template *t)
{
    free(t->name);
    free(t->summary);
    free(t->holds);
    free(t->use);
    free(t->text);
    *t = (struct template){.name = NULL};
}

static int
read_one(struct template *t, const char *folder, const char *name,
         struct err *e)
{
    char *about_path = mem_format("%s/%s/about", folder, name);
    char *text_path = mem_format("%s/%s/module.c", folder, name);
    struct buf about = BUF_INIT;
    struct buf text = BUF_INIT;
    int status = -1;
    *t = (struct template){.name = mem_copy_str(name)};
    if (file_read(about_path, &about, e) < 0
        || file_read(text_path, &text, e) < 0)
    {
        goto done;
    }
    t->summary = about_value(buf_text(&about), "summary");
    t->holds = about_value(buf_text(&about), "holds");
    t->use = about_value(buf_text(&about), "use");
    if (t->summary == NULL || t->holds == NULL || t->use == NULL) {
        err_set(e, ERR_SYSTEM, "%s lacks a line: summary, holds or use",
                about_path);
        goto done;
    }
    t->text = buf_take(&text);
    status = 0;
done:
    if (status < 0) {
        dispose(t);
    }
    buf_dispose(&about);
    buf_dispose(&text);
    free(about_path);
    free(text_path);
    return status;
}

/* Names of the folders, the default one first. */
static int
read_names(struct list *names, const char *folder, struct err *e)
{
    DIR *d = opendir(folder);
    if (d == NULL) {
        return err_set(e, ERR_SYSTEM, "reading the templates in %s:", folder);
    }
    struct list others = LIST_INIT;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        char *about = mem_format("%s/%s/about", folder, entry->d_name);
        if (entry->d_name[0] != '.' && path_is_file(about)) {
            bool is_default = strcmp(entry->d_name, "plain") == 0;
            list_add(is_default ? names : &others, entry->d_name);
        }
        free(about);
    }
    closedir(d);
    list_sort(&others);
    list_add_all(names, &others);
    list_dispose(&others);
    if (names->count == 0) {
        return err_set(e, ERR_SYSTEM, "no templates in %s", folder);
    }
    return 0;
}

int
template_list_read(struct template_list *l, const char *folder,
                   struct err *e)
{
    struct list names = LIST_INIT;
    *l = (struct template_list)TEMPLATE_LIST_INIT;
    int status = read_names(&names, folder, e);
    for (size_t i = 0; status == 0 && i < names.count; i++) {
        l->items = mem_resize(l->items, i + 1, sizeof(*l->items));
        status = read_one(&l->items[i], folder, names.items[i], e);
        l->count += status == 0;
    }
    list_dispose(&names);
    if (status < 0) {
        template_list_dispose(l);
    }
    return status;
}

const struct template *
template_find(const struct template_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->items[i].name, name) == 0) {
            return &l->items[i];
        }
    }
    return NULL;
}

const char *
template_near(const struct template_list *l, const char *wrong)
{
    const char **names = mem_resize(NULL, l->count + 1, sizeof(*names));
    for (size_t i = 0; i < l->count; i++) {
        names[i] = l->items[i].name;
    }
    names[l->count] = NULL;
    const char *near = opt_near(wrong, names);
    free(names);
    return near;
}

void
template_fill_in(const char *text, const struct template_mark *marks,
                 struct buf *out)
{
    for (const char *at = text; *at != '\0';) {
        size_t plain = strcspn(at, "@");
        buf_add(out, at, plain);
        at += plain;
        size_t taken = 0;
        for (size_t i = 0; marks[i].mark != NULL && taken == 0; i++) {
            size_t len = strlen(marks[i].mark);
            if (strncmp(at, marks[i].mark, len) == 0) {
                buf_add_str(out, marks[i].value);
                taken = len;
            }
        }
        if (taken == 0 && *at == '@') {
            buf_add(out, at, 1);
            taken = 1;
        }
        at += taken;
    }
}

void
template_list_dispose(struct template_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        dispose(&l->items[i]);
    }
    free(l->items);
    *l = (struct template_list)TEMPLATE_LIST_INIT;
}
