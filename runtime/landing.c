/* landing: see landing.h. */
#include "landing.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "altstack.h"
#include "blame.h"
#include "elfview.h"
#include "include/cowbird_landing.h"
#include "sections.h"
#include "symbols.h"
#include "wipe.h"
#include "wire/buf.h"
#include "wire/debuginfo.h"
#include "wire/debugline.h"

#define COWBIRD_MAY_LAND
#include "guard.h"

#define MOST_FRAMES 512
#define RED_ZONE 128      /* below the stack pointer */
#define BELOW_STACK 65536 /* bytes that one frame may jump over */

/* Reached by one instruction, in a handler too. */
#define OWN __thread __attribute__((tls_model("initial-exec")))
static OWN struct cb_landing *innermost;
static OWN bool is_looking; /* a fault of the look itself does not land */

/* -- in the handler ------------------------------------------------------- */

/* The frames from the handler outwards, one after the other. */
struct walk {
    enum { BEFORE, AT, CALLED, INSIDE } part;
    unsigned skip; /* signals on the way, before the one that counts */
    unsigned depth;
    struct cb_landing *l;
    bool lands;
};

/* A frame of the code between the fault and the call. */
static bool
is_on_the_way(struct walk *w, struct _Unwind_Context *context, uintptr_t at)
{
    if (w->part == INSIDE && _Unwind_GetCFA(context) > w->l->floor) {
        w->lands = true; /* the call is behind us */
        return false;
    }
    if (blame_find(at, NULL)) {
        if (w->part != INSIDE) {
            w->l->pc = at;
            w->l->is_caller = w->part == CALLED;
        }
        w->part = INSIDE;
        return true;
    }
    bool was_at = w->part == AT;
    w->part = CALLED;
    return was_at;
}

static _Unwind_Reason_Code
visit(struct _Unwind_Context *context, void *data)
{
    struct walk *w = data;
    int is_before = 0;
    uintptr_t at = _Unwind_GetIPInfo(context, &is_before);
    if (w->part == BEFORE) {
        if (is_before == 0 || w->skip-- > 0) {
            return _URC_NO_REASON;
        }
        w->part = AT;
    }
    if (++w->depth > MOST_FRAMES) {
        w->lands = w->part == INSIDE; /* a full stack is deep */
        return _URC_END_OF_STACK;
    }
    return is_on_the_way(w, context, at) ? _URC_NO_REASON
                                         : _URC_END_OF_STACK;
}

/* What is sent by the process itself may be faulthandler's way of passing on a
 * fault: then its own handler lies between, and another signal behind that. */
static bool
lands(struct cb_landing *l, const siginfo_t *info,
      const struct blame_place *p)
{
    bool is_sent = info->si_code <= 0;
    struct walk w = {.part = BEFORE, .skip = is_sent ? 1 : 0, .l = l};
    l->address = is_sent ? 0 : (uintptr_t)info->si_addr;
    l->has_address = !is_sent;
    if (!is_sent && p->pc == l->address && !blame_find(p->pc, NULL)) {
        l->pc = blame_caller(p); /* nobody can walk from where no code is */
        l->is_caller = true;
        return blame_find(l->pc, NULL);
    }
    _Unwind_Backtrace(visit, &w);
    return w.lands;
}

static const char *
fault_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } faults[] = {{SIGSEGV, "SIGSEGV"},
                  {SIGBUS, "SIGBUS"},
                  {SIGFPE, "SIGFPE"},
                  {SIGILL, "SIGILL"}};
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (faults[i].number == number) {
            return faults[i].name;
        }
    }
    return NULL;
}

static bool
is_of_this_thread(const siginfo_t *info)
{
    return info->si_code > 0
           || (info->si_code == SI_TKILL && info->si_pid == getpid());
}

/* A thread that has the GIL is in Python's code, or in the binding's. */
static bool
is_away(const struct cb_landing *l)
{
    return pyabi_thread_state() != l->state;
}

void
landing_try(int number, const siginfo_t *info, const void *context)
{
    struct cb_landing *l = innermost;
    if (l == NULL || is_looking || fault_name(number) == NULL
        || !is_of_this_thread(info) || !is_away(l))
    {
        return;
    }
    struct blame_place p = blame_place_of(context);
    is_looking = true;
    bool does_land = lands(l, info, &p);
    is_looking = false;
    if (!does_land) {
        return;
    }
    l->is_deep = number == SIGSEGV && l->has_address
                 && l->address + 4096 > p.sp
                 && l->address < p.sp + BELOW_STACK;
    /* beyond a full stack's end nothing may be touched */
    l->low = l->is_deep ? (l->address | 4095) + 1 : p.sp - RED_ZONE;
    l->has_address &= number == SIGSEGV || number == SIGBUS;
    l->number = number;
    innermost = l->outer;
    siglongjmp(l->back, 1);
}

/* -- calls ---------------------------------------------------------------- */

static __attribute__((noinline)) void
enter(struct cb_landing *l)
{
    altstack_give();
    l->floor = (uintptr_t)__builtin_dwarf_cfa();
    l->outer = innermost;
    innermost = l;
    atomic_signal_fence(memory_order_seq_cst);
}

static void
leave(struct cb_landing *l)
{
    atomic_signal_fence(memory_order_seq_cst);
    innermost = l->outer;
}

/* -- words ---------------------------------------------------------------- */

struct words {
    struct blame blame;
    char function[128]; /* empty: unknown */
    struct debug_place place;
    const char *name; /* of the signal */
};

static void
find_function(struct words *w, uint64_t at)
{
    struct sections s;
    if (!sections_open(&s, w->blame.image)) {
        return;
    }
    const ElfW(Sym) *symbol = symbols_at(&s, at);
    if (symbol != NULL) {
        const char *name = symbols_name(&s, symbol);
        /* gcc puts parts of a function elsewhere: "total.cold" */
        PyOS_snprintf(w->function, sizeof(w->function), "%.*s",
                      (int)strcspn(name, "."), name);
    }
    sections_close(&s);
}

static void
find_words(struct words *w, const struct cb_landing *l)
{
    struct debug d;
    memset(w, 0, sizeof(*w));
    w->name = fault_name(l->number);
    if (!blame_find(l->pc, &w->blame)) {
        return;
    }
    uint64_t at = w->blame.offset - (l->is_caller ? 1 : 0);
    find_function(w, at);
    if (debug_open_lines(&d, w->blame.image) == 0) {
        if (!debug_line(&d, at, &w->place)) {
            w->place.line = 0;
        }
        debug_close(&d);
    }
}

/* "SIGSEGV in total() at /p/scoring.c:14, address 0x10, gen 6" */
static PyObject *
sentence(const struct words *w, const struct cb_landing *l)
{
    struct buf b = BUF_INIT;
    buf_add_fmt(&b, "%s%s", w->name, l->is_deep ? " (stack full)" : "");
    if (w->function[0] != '\0') {
        buf_add_fmt(&b, " in %s()", w->function);
    }
    if (w->place.line > 0) {
        buf_add_fmt(&b, " at %s:%u", w->place.file, w->place.line);
    }
    if (l->has_address) {
        buf_add_fmt(&b, ", address 0x%llx", (unsigned long long)l->address);
    }
    buf_add_fmt(&b, ", gen %llu", (unsigned long long)w->blame.shown);
    PyObject *made = b.is_broken ? PyErr_NoMemory()
                                 : PyUnicode_DecodeFSDefault(buf_text(&b));
    buf_dispose(&b);
    return made;
}

/* Takes `value`; an attribute that cannot be set is not worth another
 * exception. */
static void
put(PyObject *raised, const char *name, PyObject *value)
{
    if (value == NULL || PyObject_SetAttrString(raised, name, value) < 0) {
        PyErr_Clear();
    }
    Py_XDECREF(value);
}

static PyObject *
text_or_none(const char *text, bool is_known)
{
    return is_known ? PyUnicode_DecodeFSDefault(text) : Py_NewRef(Py_None);
}

static void
put_facts(PyObject *raised, const struct words *w, const struct cb_landing *l)
{
    put(raised, "signal", PyUnicode_FromString(w->name));
    put(raised, "function", text_or_none(w->function,
                                         w->function[0] != '\0'));
    put(raised, "file", text_or_none(w->place.file, w->place.line > 0));
    put(raised, "line", w->place.line > 0
                            ? PyLong_FromUnsignedLong(w->place.line)
                            : Py_NewRef(Py_None));
    put(raised, "address", l->has_address
                               ? PyLong_FromUnsignedLongLong(l->address)
                               : Py_NewRef(Py_None));
    put(raised, "generation",
        PyLong_FromUnsignedLongLong(w->blame.shown));
}

/* What the function raised before it faulted gives way. */
static void
set_exception(struct cb_landing *l, void *kind)
{
    struct words w;
    wipe_stack(l->low);
    altstack_wipe();
    find_words(&w, l);
    PyErr_Clear();
    PyObject *text = sentence(&w, l);
    PyObject *raised = text == NULL
                           ? NULL
                           : PyObject_CallFunctionObjArgs(kind, text, NULL);
    Py_XDECREF(text);
    memset(&l->back, 0, sizeof(l->back)); /* what it leaves on the stack */
    l->pc = 0;
    if (raised != NULL) {
        put_facts(raised, &w, l);
        PyErr_SetObject(kind, raised);
        Py_DECREF(raised);
    }
    else if (!PyErr_Occurred()) {
        PyErr_NoMemory();
    }
}

/* -- beginning ------------------------------------------------------------ */

void
landing_offer(void *handle, const struct elf *elf)
{
    static const struct cb_fault_desk desk = {enter, leave, set_exception};
    const struct cb_fault_desk **at = dlsym(handle, CB_FAULT_DESK);
    if (at != NULL && elf_holds(elf, at)) {
        *at = &desk;
    }
}
