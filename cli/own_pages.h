/* own_pages: a fork's memory made its own before it is needed.
 *
 * After a fork each page is copied when it is first written to. A compiler
 * that waits for its order copies those that its brother before it wrote to,
 * while nobody waits for it; the others, which are most of what has read
 * Python.h, stay shared. One thread; any process of the bench.
 */
#ifndef COWBIRD_OWN_PAGES_H
#define COWBIRD_OWN_PAGES_H

/* Pages that forks have written to, in memory that they share. */
struct own_pages;

/* For the forks of the process that calls it, empty; never unmapped. NULL
 * when there is no memory: the other two do nothing then. */
struct own_pages *own_pages_new(void);
/* In a fork whose work is done: the pages that are its alone by now. Where the
 * kernel does not tell (/proc/self/pagemap, bit 56, since Linux 4.2), all. */
void own_pages_note(struct own_pages *o);
/* In the next fork: makes them its own, as far as they are there. */
void own_pages_take(const struct own_pages *o);

#endif
