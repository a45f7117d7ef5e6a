/* trace: see trace.h. */
#include "trace.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_write.h"
#include "mem.h"

/* What a file of ours begins with. */
static const char head[] = "[{\"name\":\"cowbird trace\"";

static struct {
    FILE *file;
    long *named; /* pids */
    size_t named_count;
} trace;

/* Whether nothing but a trace of ours, or nothing at all, would be lost. */
static bool
is_free(const char *path)
{
    FILE *old = fopen(path, "re");
    char begin[sizeof(head)] = "";
    if (old == NULL) {
        return true; /* opening it to write says what is wrong */
    }
    size_t len = fread(begin, 1, sizeof(head) - 1, old);
    fclose(old);
    return len == 0 || strcmp(begin, head) == 0;
}

int
trace_open(const char *path, struct err *e)
{
    if (!is_free(path)) {
        return err_set(e, ERR_USAGE, "--trace=%s: the file is there and is "
                       "no trace; name another, or delete it", path);
    }
    trace.file = fopen(path, "we");
    if (trace.file == NULL) {
        return err_set(e, ERR_SYSTEM, "--trace=%s:", path);
    }
    fprintf(trace.file, "%s,\"ph\":\"M\",\"pid\":%ld}", head, (long)getpid());
    trace_name(getpid(), "cowbird");
    trace_flush();
    return 0;
}

/* One object, behind the one before it. */
static void
put(const char *name, const char *subject, const struct span *s)
{
    struct buf b = BUF_INIT;
    buf_add_str(&b, ",\n{\"name\":");
    json_add_str(&b, name);
    buf_add_fmt(&b, ",\"cat\":\"save\",\"ph\":\"X\",\"ts\":%.3f,\"dur\":%.3f"
                ",\"pid\":%ld,\"tid\":%ld,\"args\":{",
                (double)s->from_ns / 1e3,
                (double)(s->to_ns - s->from_ns) / 1e3, s->pid, s->pid);
    if (subject != NULL) {
        buf_add_str(&b, "\"module\":");
        json_add_str(&b, subject);
    }
    if (s->held_ns > 0) {
        buf_add_fmt(&b, "%s\"gil_held_us\":%.3f", subject == NULL ? "" : ",",
                    (double)s->held_ns / 1e3);
    }
    buf_add_str(&b, "}}");
    fwrite(b.data, 1, b.len, trace.file);
    buf_dispose(&b);
}

void
trace_phase(const char *name, const char *subject, int64_t from_ns,
            int64_t to_ns)
{
    /* a stage that was never reached has no time */
    if (trace.file != NULL && from_ns > 0 && to_ns >= from_ns) {
        put(name, subject, &(struct span){.pid = getpid(),
                                          .from_ns = from_ns,
                                          .to_ns = to_ns});
    }
}

void
trace_spans(const struct span_list *l, const char *subject)
{
    for (size_t i = 0; trace.file != NULL && i < l->count; i++) {
        const struct span *s = &l->items[i];
        put(span_name(s->kind), subject, s);
    }
}

void
trace_name(long pid, const char *name)
{
    for (size_t i = 0; i < trace.named_count; i++) {
        if (trace.named[i] == pid) {
            return;
        }
    }
    if (trace.file == NULL) {
        return;
    }
    trace.named = mem_resize(trace.named, trace.named_count + 1,
                             sizeof(*trace.named));
    trace.named[trace.named_count++] = pid;
    struct buf b = BUF_INIT;
    json_add_str(&b, name);
    fprintf(trace.file, ",\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":"
            "%ld,\"args\":{\"name\":%s}}", pid, buf_text(&b));
    buf_dispose(&b);
}

void
trace_compile(const struct span_list *l, const char *module)
{
    char *name = mem_format("compile %s", module);
    for (size_t i = 0; trace.file != NULL && i < l->count; i++) {
        trace_name(l->items[i].pid, name);
    }
    trace_spans(l, module);
    free(name);
}

void
trace_flush(void)
{
    if (trace.file != NULL) {
        fflush(trace.file);
    }
}

void
trace_close(void)
{
    if (trace.file != NULL) {
        fputs("\n]\n", trace.file);
        fclose(trace.file);
    }
    free(trace.named);
    trace.named = NULL;
    trace.named_count = 0;
    trace.file = NULL;
}
