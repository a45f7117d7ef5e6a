/* check: the few words a C unit test is written in.
 *
 * A test is a function whose name reads as a sentence of behaviour; main lists
 * them. A failed CHECK prints place and text and ends the program with 1.
 */
#ifndef COWBIRD_TESTS_CHECK_H
#define COWBIRD_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(claim)                                                          \
    do {                                                                      \
        if (!(claim)) {                                                       \
            fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__,    \
                    __func__, #claim);                                        \
            exit(1);                                                          \
        }                                                                     \
    } while (0)

#define CHECK_STR(got, want)                                                  \
    do {                                                                      \
        const char *got_ = (got);                                             \
        const char *want_ = (want);                                           \
        if (got_ == NULL || strcmp(got_, want_) != 0) {                       \
            fprintf(stderr, "%s:%d: %s: got\n%s\nwanted\n%s\n", __FILE__,     \
                    __LINE__, __func__, got_ == NULL ? "(null)" : got_,       \
                    want_);                                                   \
            exit(1);                                                          \
        }                                                                     \
    } while (0)

#define RUN(test)                                                             \
    do {                                                                      \
        test();                                                               \
        printf("ok %s\n", #test);                                             \
    } while (0)

#endif
