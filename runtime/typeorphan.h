/* typeorphan: records of types that never went live, and their way out.
 *
 * A save that brings in a type may be refused when its init has made the type
 * already. The record lets go of it then, but the collector, or whoever the
 * init has shown it to, may keep it for a while: its stubs lead to the new
 * code as long as it lives, and come back when it is gone. With the GIL.
 */
#ifndef COWBIRD_TYPEORPHAN_H
#define COWBIRD_TYPEORPHAN_H

struct type;

/* Lets go of the type of one record, which is taken over. Accepts NULL. */
void type_orphan(struct type *t);
/* Frees the records of those that have gone meanwhile. */
void type_orphans_sweep(void);

#endif
