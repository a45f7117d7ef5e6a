/* clang_diags: what libclang says about a source, as diagnostics: its errors
 * and warnings with notes, ranges and fix-its.
 *
 * Places are those a compiler would name: a macro's use, a #line directive's
 * file and number. Runs where libclang may run: see scan.h.
 */
#ifndef COWBIRD_CLANG_DIAGS_H
#define COWBIRD_CLANG_DIAGS_H

#include "clang.h"
#include "diag.h"

/* Parses the file at `path` with the flags `argv` and appends what libclang
 * says. Nothing is added when libclang cannot read it. */
void clang_diagnose(const struct clang *c, const char *path,
                    struct list *argv, struct diag_list *l);

#endif
