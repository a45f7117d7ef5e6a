/* pins: see pins.h. */
#include "pyabi.h"

#include "pins.h"

#include "guard.h"

/* Functions whose callers leave something behind that no scan can see or
 * that must not run early. */
static const struct {
    const char *symbol;
    const char *reason;
} calls[] = {
    {"atexit", "it registers functions for the exit (atexit)"},
    {"__cxa_atexit", "it has destructors for the exit (__cxa_atexit)"},
    {"on_exit", "it registers functions for the exit (on_exit)"},
    {"at_quick_exit", "it registers functions for the exit (at_quick_exit)"},
    {"Py_AtExit", "it registers functions for the exit (Py_AtExit)"},
    {"__cxa_thread_atexit_impl", "it has destructors for threads"},
    {"__cxa_thread_atexit", "it has destructors for threads"},
    {"__register_atfork", "it registers functions for forks"},
    {"pthread_atfork", "it registers functions for forks"},
    {"epoll_ctl", "the kernel may hold its pointers (epoll_ctl)"},
    {"timer_create", "the kernel may hold its pointers (timer_create)"},
    {"mq_notify", "the kernel may hold its pointers (mq_notify)"},
    {"sigaltstack", "the kernel may hold its pointers (sigaltstack)"},
    {"syscall", "the kernel may hold its pointers (syscall)"},
    {"io_uring_submit", "the kernel may hold its pointers (io_uring)"},
};

const char pin_threads[] = "it has thread-local variables";

const char *
pin_of(const struct elf *v)
{
    /* The start files bring one function of their own, and this import. */
    size_t expected = elf_imports(v, "__cxa_finalize") ? 1 : 0;
    if (v->end_count > expected) {
        return "it has destructors, which would run under newer code";
    }
    if (v->has_thread_data) {
        return pin_threads;
    }
    if (v->stays) {
        return "it is linked so as never to be unloaded (nodelete)";
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (elf_imports(v, calls[i].symbol)) {
            return calls[i].reason;
        }
    }
    return NULL;
}
