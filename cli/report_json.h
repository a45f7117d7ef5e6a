/* report_json: what report says, as JSON lines for programs: one object on
 * one line, written whole.
 *
 * Part of report; nobody else calls it. Every function does nothing while no
 * stream is open.
 */
#ifndef COWBIRD_REPORT_JSON_H
#define COWBIRD_REPORT_JSON_H

#include "report.h"

/* `where` as in struct report_options. */
int report_json_open(const char *where, struct err *e);
void report_json_close(void);

void report_json_event(const struct report_event *event, const char *verb);
/* {"event":"setup","subject":"python","text":…}; NULLs are left out. */
void report_json_line(const char *event, const char *subject,
                      const char *text, const char *help);
/* {"event":"diagnostics","diagnostics":[…]} */
void report_json_diags(const struct diag_list *diags);
void report_json_health(const char *health, const char *subject,
                        const char *text, const char *fix);

#endif
