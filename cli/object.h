/* object: what a shared object asks for and what it gives, read from the file.
 *
 * Only 64-bit little-endian files, which is what the machines that cowbird
 * runs on make. Trusts no offset in the file. Never loads anything. One
 * thread owns an object.
 */
#ifndef COWBIRD_OBJECT_H
#define COWBIRD_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "wire/err.h"

struct object;

/* NULL and ERR_SYSTEM when it is no such file. */
struct object *object_open(const char *path, struct err *e);
/* ET_REL is 1, ET_DYN is 3. */
int object_type(const struct object *f);
/* As its header has them: e_machine, e_flags. */
unsigned object_machine(const struct object *f);
uint32_t object_flags(const struct object *f);
/* Names that must come from elsewhere (weak ones need not and are left
 * out). */
void object_undefined(const struct object *f, struct list *names);
/* Libraries it wants loaded with it ("libm.so.6") and where it says they
 * are. */
void object_needed(const struct object *f, struct list *names,
                struct list *run_paths);
/* Whether loading it may run code of its own or of a library that it brings:
 * constructors, resolvers of functions. */
bool object_runs_at_load(const struct object *f);
/* Whether others can bind `name` here. */
bool object_defines(struct object *f, const char *name);
/* Of a file that is not linked yet: local variables of file level that its
 * code may write; names that nobody else may define; those that it uses and
 * others define; and whether it has constructors or destructors. */
void object_own_state(const struct object *f, struct list *names);
void object_given_names(const struct object *f, struct list *names);
void object_open_names(const struct object *f, struct list *names);
bool object_starts_itself(const struct object *f);
/* The function that holds `address` (as the file counts), local ones too; on
 * the heap, NULL when the file does not say. */
char *object_function(const struct object *f, uint64_t address);
void object_free(struct object *f);

/* Whether the first bytes of `path` are an ELF file's. */
bool object_is_one(const char *path);
/* Says in the file that its code needs no executable stack: libtcc's output
 * lacks the note, glibc then makes the main stack executable, from 2.41 on it
 * refuses the file. The header of the read-only relocations gives its
 * place. */
int object_forbid_executable_stack(const char *path, struct err *e);

#endif
