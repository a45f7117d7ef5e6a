/* compile_explain: words for a compile that a compiler's own do not explain.
 * Private to compile. */
#ifndef COWBIRD_COMPILE_EXPLAIN_H
#define COWBIRD_COMPILE_EXPLAIN_H

struct diag_list;
struct module;
struct python;

/* Why there is no record: how its child ended (`status` is wait(2)'s), or that
 * it was killed after `limit_ms`, which is 0 otherwise. */
void explain_end(const struct module *m, int status, int limit_ms,
                 struct diag_list *diags);
/* Adds what to do where Python's headers are not installed. */
void explain_headers(const struct python *p, struct diag_list *diags);

#endif
