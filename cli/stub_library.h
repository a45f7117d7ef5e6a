/* stub_library: a shared library that has the symbols that somebody asks for,
 * their versions, and nothing else: no code, no data, no address. A linker
 * takes from it what it would take from the library itself, and reads a
 * hundredth of it. Never loaded, never served.
 */
#ifndef COWBIRD_STUB_LIBRARY_H
#define COWBIRD_STUB_LIBRARY_H

#include "wire/err.h"

struct asks;

/* Writes the stub of `library` ("libc.so.6", its soname) to the new file
 * `path`: all that `a` asks of it by a version. */
int stub_library_write(const char *path, const char *library,
                       const struct asks *a, struct err *e);

#endif
