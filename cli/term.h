/* term: what the terminal behind a descriptor can show, and how bytes get
 * there.
 *
 * Reads the environment and asks isatty. Knows nothing of what is said.
 */
#ifndef COWBIRD_TERM_H
#define COWBIRD_TERM_H

#include <stdbool.h>
#include <stddef.h>

/* NO_COLOR (not empty) before FORCE_COLOR (not empty, not "0") before
 * TERM=dumb before whether `fd` is a terminal. */
bool term_wants_color(int fd);
/* The locale that LC_ALL, LC_CTYPE or LANG names is a UTF-8 one. */
bool term_is_utf8(void);

/* Writes all of it, whatever a non-blocking or stopped terminal does. What
 * cannot be written within a second is dropped, a stream that is gone
 * ignored: our words must never hold up the app. */
void term_write(int fd, const char *bytes, size_t len);

#endif
