/* http: one GET to a server on this machine, for the demo.
 *
 * HTTP/1.0 to 127.0.0.1 and nothing more: no names, no redirects, no TLS.
 * Never waits past its deadline. Any thread.
 */
#ifndef COWBIRD_HTTP_H
#define COWBIRD_HTTP_H

#include <stdint.h>

#include "wire/buf.h"
#include "wire/err.h"

struct http_request {
    int port;
    const char *path;    /* "/" */
    int64_t deadline_ns; /* of clock_now_ns */
    int stop_fd;         /* readable: give up; -1: none. Borrowed */
};

/* The answer's body is appended to `body`. ERR_CLOSED: nobody listens, or the
 * connection ended before a whole answer had come. ERR_SYSTEM: the deadline
 * passed or the answer is no HTTP. ERR_REFUSED: `stop_fd` said so. */
int http_get(const struct http_request *r, int *code, struct buf *body,
             struct err *e);

#endif
