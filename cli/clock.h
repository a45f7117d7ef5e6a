/* clock: the time, behind an interface that a test can stand in for. */
#ifndef COWBIRD_CLOCK_H
#define COWBIRD_CLOCK_H

#include <stdint.h>

/* Monotonic nanoseconds, for durations and deadlines. */
int64_t clock_now_ns(void);
/* Local wall time as "14:02:11"; `text` holds nine bytes. */
void clock_wall(char text[9]);
/* From now on both functions return what `now_ns` says and "12:00:00"; NULL
 * goes back to the real clock. For tests. */
void clock_stand_in(int64_t (*now_ns)(void));

#endif
