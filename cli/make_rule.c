/* make_rule: see make_rule.h. */
#include "make_rule.h"

#include <string.h>

#include "file.h"
#include "wire/buf.h"

/* "x.o: a.c b.h \" lines, blanks as "\ ". */
void
make_rule_files(const char *path, struct list *files)
{
    struct buf text = BUF_INIT;
    struct buf name = BUF_INIT;
    if (file_read(path, &text, NULL) < 0) {
        buf_dispose(&text);
        return;
    }
    const char *at = buf_text(&text);
    const char *colon = strstr(at, ": ");
    at = colon == NULL ? "" : colon + 2;
    for (;; at++) {
        if (at[0] == '\\' && (at[1] == ' ' || at[1] == '#')) {
            buf_add(&name, ++at, 1);
        }
        else if (at[0] == '$' && at[1] == '$') {
            buf_add(&name, ++at, 1);
        }
        else if (*at == '\0' || strchr(" \t\n\\", *at) != NULL) {
            if (name.len > 0) {
                list_add_new(files, buf_text(&name));
                buf_clear(&name);
            }
            if (*at == '\0') {
                break;
            }
        }
        else {
            buf_add(&name, at, 1);
        }
    }
    buf_dispose(&name);
    buf_dispose(&text);
}
