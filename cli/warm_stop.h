/* warm_stop: what the bench and the library that it preloads into a compiler
 * say to each other. Private to warm_cc, cc_order and the library.
 */
#ifndef COWBIRD_WARM_STOP_H
#define COWBIRD_WARM_STOP_H

#include <sys/types.h>

/* Environment of the compiler; taken out of it at once. */
#define WARM_STOP_PLACE "COWBIRD_STOP_PLACE"     /* path to wait at */
#define WARM_STOP_SOURCE "COWBIRD_STOP_SOURCE"   /* path to read from … */
#define WARM_STOP_TEXT "COWBIRD_STOP_TEXT"       /* … this descriptor */
#define WARM_STOP_ORDER "COWBIRD_STOP_ORDER"     /* the socket */
#define WARM_STOP_LISTING "COWBIRD_STOP_LISTING" /* for names of files */

/* What it says when it waits, as every warm process does: WARM_READY. */
#define WARM_STOP_READY ((pid_t)-1)

/* An order's datagram, and the descriptors with it. */
struct warm_stop_order {
    pid_t group; /* the process group that the child joins */
    int nice;    /* its priority */
};

enum warm_stop_fd {
    WARM_STOP_FD_ANSWER, /* a pipe for the words below */
    WARM_STOP_FD_OUT,    /* becomes its stdout */
    WARM_STOP_FD_WORDS,  /* becomes its stderr */
    WARM_STOP_FD_RULE,   /* becomes WARM_STOP_RULE */
    WARM_STOP_FD_REST,   /* is what it reads at the stop */
    WARM_STOP_FDS
};

/* Where the compiler writes what it has read: /dev/fd/ and this number. */
#define WARM_STOP_RULE 99

/* The child's answers: it has begun; it has ended, followed by its status. */
#define WARM_STOP_BEGUN 'B'
#define WARM_STOP_ENDED 'E'

/* The library as a file in memory, open across exec; -1: there is none. */
int warm_stop_library(void);

#endif
