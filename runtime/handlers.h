/* handlers: signal handlers, which only the kernel knows. Any thread. */
#ifndef COWBIRD_HANDLERS_H
#define COWBIRD_HANDLERS_H

#include <stdint.h>

/* The address of the handler of signal `number`, or 0. Sets nothing. */
uintptr_t handler_of(int number);
/* One past the last number. */
int handlers_end(void);

#endif
