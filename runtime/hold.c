/* hold: see hold.h. */
#include "pyabi.h"

#include "hold.h"

#include <sys/resource.h>
#include <time.h>

#include "clock.h"

#include "guard.h"

#ifndef RUSAGE_THREAD
#define RUSAGE_THREAD 1 /* sys/resource.h shows it to GNU sources alone */
#endif

/* Before 3.10 only the module gc can be asked. */
#if PY_VERSION_HEX < 0x030A0000
static bool
ask_gc(const char *what)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *answer = NULL;
    if (gc != NULL) {
        answer = PyObject_CallMethod(gc, what, NULL);
    }
    bool is_true = answer == Py_True;
    Py_XDECREF(answer);
    Py_XDECREF(gc);
    PyErr_Restore(type, value, trace);
    return is_true;
}

static bool
stop_collecting(void)
{
    bool was = ask_gc("isenabled");
    if (was) {
        (void)ask_gc("disable");
    }
    return was;
}

static void
collect_again(void)
{
    (void)ask_gc("enable");
}
#else
static bool
stop_collecting(void)
{
    return PyGC_Disable() != 0;
}

static void
collect_again(void)
{
    (void)PyGC_Enable();
}
#endif

static uint64_t
work_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
count(uint64_t *switches, uint64_t *faults)
{
    struct rusage r = {0};
    getrusage(RUSAGE_THREAD, &r);
    *switches = (uint64_t)r.ru_nivcsw;
    *faults = (uint64_t)r.ru_minflt + (uint64_t)r.ru_majflt;
}

void
hold_begin(struct hold *h)
{
    h->began_ns = clock_now_ns();
    h->was_collecting = h->allocates && stop_collecting();
    count(&h->switches, &h->faults);
    h->began_work_ns = work_ns();
}

bool
hold_pause(struct hold *h)
{
    uint64_t switches = 0;
    uint64_t faults = 0;
    if (h->began_ns == 0) {
        return false;
    }
    h->cost.worked_ns += work_ns() - h->began_work_ns;
    count(&switches, &faults);
    h->cost.preempted += switches - h->switches;
    h->cost.faults += faults - h->faults;
    if (h->was_collecting) {
        collect_again();
    }
    h->cost.held_ns += clock_now_ns() - h->began_ns;
    h->began_ns = 0;
    return true;
}

void
hold_end(struct hold *h, struct msg_hold *all)
{
    (void)hold_pause(h);
    msg_hold_join(all, &h->cost);
    h->cost = (struct msg_hold){0};
}
