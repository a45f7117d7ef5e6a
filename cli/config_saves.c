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

/* The lines of its tables; a file that is gone has none. */
static struct digest
said(const char *path)
{
    static const char ours[] = "[tool.cowbird";
    struct digest_state s;
    struct buf text = BUF_INIT;
    bool is_ours = false;
    digest_start(&s);
    const char *line = file_read(path, &text, NULL) < 0 ? "" : buf_text(&text);
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
    return digest_end(&s);
}

void
config_saves_watch(struct dev *d)
{
    d->pyproject = d->config->pyproject != NULL
                       ? mem_copy_str(d->config->pyproject)
                       : path_join(d->config->root, "pyproject.toml");
    d->config_said = said(d->pyproject);
    watch_add_file(d->watch, d->pyproject);
}

void
config_saves_take(struct dev *d, const char *path)
{
    if (d->pyproject == NULL || strcmp(path, d->pyproject) != 0) {
        return;
    }
    struct digest now = said(path);
    if (!digest_equal(&now, &d->config_said)) {
        report_warning("%s: what [tool.cowbird] says now counts from the next "
                       "session: end this one and start it again",
                       path_below(path, d->config->root));
    }
    d->config_said = now;
}
