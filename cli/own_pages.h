/* own_pages: a fork's memory made its own before it is needed.
 *
 * After a fork each page is copied when it is first written to; a compiler
 * writes to most of what it has read. One that waits for its order does that
 * while nobody waits for it. One thread; any process of the bench.
 */
#ifndef COWBIRD_OWN_PAGES_H
#define COWBIRD_OWN_PAGES_H

/* Writes to every page of the heap and of other private memory. */
void own_pages(void);

#endif
