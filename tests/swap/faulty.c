/* faulty: linked into a guest by faults.py, in front of what it names with
 * --wrap. See faults.c, which is preloaded and has the functions declared
 * here.
 */
#include "pyabi.h"

#include <setjmp.h>

#include "journal.h"
#include "retire.h"
#include "swap.h"

int faults_step(const char *what);
int faults_store(void);
void faults_within(int more);

/* 3.11 crashes where there is no memory for one (gil.c): the step fails as a
 * whole. */
PyThreadState *__real_PyThreadState_New(PyInterpreterState *interpreter);
PyThreadState *__wrap_PyThreadState_New(PyInterpreterState *interpreter);

PyThreadState *
__wrap_PyThreadState_New(PyInterpreterState *interpreter)
{
    if (faults_step("PyThreadState_New")) {
        return NULL;
    }
    faults_within(1);
    PyThreadState *made = __real_PyThreadState_New(interpreter);
    faults_within(-1);
    return made;
}

/* Looks for what needs old images come at any time. */
void __real_retire_step(const struct retire_caller *caller);
void __wrap_retire_step(const struct retire_caller *caller);

void
__wrap_retire_step(const struct retire_caller *caller)
{
    faults_within(1);
    __real_retire_step(caller);
    faults_within(-1);
}

/* -- a surprise after any store of a commit ------------------------------- */

static jmp_buf surprise;
static struct journal written;

static void
stored(const struct journal *j)
{
    if (faults_store()) {
        written = *j;
        longjmp(surprise, 1);
    }
}

int __real_swap_commit(struct swap *s, struct err *e);
int __wrap_swap_commit(struct swap *s, struct err *e);
void __real_journal_word(struct journal *j, void *at, void *value);
void __wrap_journal_word(struct journal *j, void *at, void *value);
void __real_journal_number(struct journal *j, int *at, int value);
void __wrap_journal_number(struct journal *j, int *at, int value);
int __real_journal_item(struct journal *j, PyObject *owner, PyObject *name,
                        PyObject *value);
int __wrap_journal_item(struct journal *j, PyObject *owner, PyObject *name,
                        PyObject *value);

int
__wrap_swap_commit(struct swap *s, struct err *e)
{
    if (setjmp(surprise) == 0) {
        return __real_swap_commit(s, e);
    }
    journal_undo(&written);
    journal_dispose(&written);
    return err_set(e, ERR_SYSTEM, "a surprise");
}

void
__wrap_journal_word(struct journal *j, void *at, void *value)
{
    __real_journal_word(j, at, value);
    stored(j);
}

void
__wrap_journal_number(struct journal *j, int *at, int value)
{
    __real_journal_number(j, at, value);
    stored(j);
}

int
__wrap_journal_item(struct journal *j, PyObject *owner, PyObject *name,
                    PyObject *value)
{
    size_t count = j->count;
    int done = __real_journal_item(j, owner, name, value);
    if (j->count > count) {
        stored(j);
    }
    return done;
}
