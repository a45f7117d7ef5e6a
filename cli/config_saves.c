/* config_saves: [tool.cowbird] of pyproject.toml, saved during a session that
 * has read it at its start. See dev.h.
 */
#include "dev.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "report.h"

/* The lines of its tables; a file that is gone has none. False when it is
 * empty: who writes in place has only just begun. */
static bool
said(const char *path, struct digest *d)
{
    static const char ours[] = "[tool.cowbird";
    struct digest_state s;
    struct buf text = BUF_INIT;
    bool is_ours = false;
    bool is_there = file_read(path, &text, NULL) == 0;
    const char *line = is_there ? buf_text(&text) : "";
    bool is_begun = is_there && *line == '\0';
    digest_start(&s);
    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        if (*line == '[') {
            is_ours = strncmp(line, ours, sizeof(ours) - 1) == 0;
        }
        if (is_ours) {
            digest_add(&s, line, len);
        }
        line += line[len] == '\0' ? len : len + 1;
    }
    buf_dispose(&text);
    *d = digest_end(&s);
    return !is_begun;
}

void
config_saves_watch(struct dev *d)
{
    d->pyproject = d->config->pyproject != NULL
                       ? mem_copy_str(d->config->pyproject)
                       : path_join(d->config->root, "pyproject.toml");
    said(d->pyproject, &d->config_said);
    watch_add_file(d->watch, d->pyproject);
}

void
config_saves_take(struct dev *d, const char *path)
{
    if (d->pyproject == NULL || strcmp(path, d->pyproject) != 0) {
        return;
    }
    struct digest now;
    if (!said(path, &now)) {
        return;
    }
    if (!digest_equal(&now, &d->config_said)) {
        report_warning("%s: what [tool.cowbird] says now counts from the next "
                       "session: end this one and start it again",
                       path_below(path, d->config->root));
    }
    d->config_said = now;
}
