/* extensions_ask: one project's extension modules, from the cache or from a
 * child. Part of extensions.
 */
#ifndef COWBIRD_EXTENSIONS_ASK_H
#define COWBIRD_EXTENSIONS_ASK_H

struct extensions;
struct python;

/* Fills the modules, the files that the child found to decide beside the
 * usual ones, and a warning when there is no answer. `root` is what paths in
 * it are seen from. */
void extensions_ask(struct extensions *x, const struct python *p,
                    const char *folder, const char *root);

#endif
