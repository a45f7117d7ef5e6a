/* finding: see finding.h. */
#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"

static char *
format_text(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = mem_new((size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

struct finding *
finding_add(struct findings *f, enum report_health health,
            const char *subject, const char *format, ...)
{
    if (f->count == f->cap) {
        f->cap = f->cap == 0 ? 16 : f->cap * 2;
        f->items = mem_resize(f->items, f->cap, sizeof(*f->items));
    }
    va_list args;
    va_start(args, format);
    struct finding *row = &f->items[f->count++];
    *row = (struct finding){.health = health,
                            .subject = mem_copy_str(subject),
                            .text = format_text(format, args)};
    va_end(args);
    return row;
}

void
finding_fix(struct findings *f, const char *format, ...)
{
    struct finding *row = &f->items[f->count - 1];
    va_list args;
    va_start(args, format);
    free(row->fix);
    row->fix = format_text(format, args);
    va_end(args);
}

size_t
finding_count(const struct findings *f, enum report_health health)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        count += f->items[i].health == health;
    }
    return count;
}

static void
add_number(struct json *object, const char *name, size_t number)
{
    struct json *j = json_put(object, name, JSON_NUMBER);
    j->text = mem_format("%zu", number);
    j->len = strlen(j->text);
}

void
finding_to_json(const struct findings *f, struct buf *out)
{
    static const char *const names[] = {
        [HEALTH_OK] = "ok",
        [HEALTH_WARN] = "warn",
        [HEALTH_FAIL] = "fail",
    };
    struct json all = {.type = JSON_OBJECT};
    struct json *rows = json_put(&all, "findings", JSON_ARRAY);
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *row = &f->items[i];
        struct json *j = json_put(rows, NULL, JSON_OBJECT);
        json_put_str(j, "health", names[row->health]);
        json_put_str(j, "subject", row->subject);
        json_put_str(j, "text", row->text);
        if (row->fix != NULL) {
            json_put_str(j, "fix", row->fix);
        }
        else {
            json_put(j, "fix", JSON_NULL);
        }
    }
    add_number(&all, "failed", finding_count(f, HEALTH_FAIL));
    add_number(&all, "warnings", finding_count(f, HEALTH_WARN));
    json_print(&all, NULL, out);
    json_dispose(&all);
}

void
findings_dispose(struct findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].subject);
        free(f->items[i].text);
        free(f->items[i].fix);
    }
    free(f->items);
    *f = (struct findings)FINDINGS_INIT;
}
