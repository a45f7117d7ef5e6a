/* digest: SHA-256 (FIPS 180-4), the name of every content in cowbird.
 *
 * Own code because the build asks for nothing but a C compiler and Python.
 * No state outside the struct.
 */
#ifndef COWBIRD_DIGEST_H
#define COWBIRD_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

#define DIGEST_TEXT 65 /* 64 hexadecimal digits and a NUL */

struct digest {
    uint8_t bytes[32];
};

struct digest_state {
    uint32_t h[8];
    uint64_t total; /* bytes so far */
    uint8_t block[64];
    size_t used; /* bytes of `block` waiting */
};

void digest_start(struct digest_state *s);
void digest_add(struct digest_state *s, const void *bytes, size_t len);
/* The text and a NUL, so that two strings never run together; NULL differs
 * from "". */
void digest_add_str(struct digest_state *s, const char *text);
struct digest digest_end(struct digest_state *s);
/* Of a regular file's bytes. */
int digest_file(const char *path, struct digest *d, struct err *e);
bool digest_equal(const struct digest *a, const struct digest *b);
void digest_text(const struct digest *d, char text[DIGEST_TEXT]);

#endif
