/* trace: a file of spans in Chrome's trace format, for --trace FILE: one
 * complete event ("ph":"X") an object, in an array whose end may be missing.
 * chrome://tracing, ui.perfetto.dev and speedscope.app open it.
 *
 * Times are microseconds of CLOCK_MONOTONIC; "pid" is the process that spent
 * them, "tid" the row it is shown in. The bench's main thread. Does nothing
 * until it is open.
 */
#ifndef COWBIRD_TRACE_H
#define COWBIRD_TRACE_H

#include <stdint.h>

#include "span.h"
#include "wire/err.h"

/* Begins `path` anew. Refuses a file that is not empty and no trace of
 * ours. */
int trace_open(const char *path, struct err *e);
/* A stretch of the bench's own. `subject`: the module, or NULL. */
void trace_phase(const char *name, const char *subject, int64_t from_ns,
                 int64_t to_ns);
void trace_spans(const struct span_list *l, const char *subject);
/* The same, of a build of `module`, whose processes are named after it. */
void trace_compile(const struct span_list *l, const char *module);
/* What a process is called in the view; said once for each. */
void trace_name(long pid, const char *name);
/* What was said so far reaches the file. */
void trace_flush(void);
void trace_close(void);

#endif
