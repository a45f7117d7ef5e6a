/* bindgen_words: which CB_ word may stand where, and how a function tells
 * that it failed; bindgen_plan.h. */
#include <string.h>

#include "bindgen_plan.h"
#include "mem.h"
#include "types.h"
#include "way.h"

/* Where a word means something. */
static const struct {
    const char *note;
    const char *word; /* as the user writes it */
    bool is_of_function;
    bool is_of_parameter;
} words[] = {
    {"nogil", "CB_NOGIL", true, false},
    {"async", "CB_ASYNC", true, false},
    {"faults", "CB_FAULTS", true, false},
    {"errno", "CB_ERRNO", true, false},
    {"status", "CB_STATUS", true, false},
    {"owned", "CB_OWNED", true, true},
    {"closes", "CB_CLOSES", true, false},
    {"borrowed", "CB_BORROWED", true, true},
    {"default", "CB_DEFAULT", false, true},
    {"out", "CB_OUT", false, true},
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

static int
check_places(const struct plan *p, const struct list *notes,
             const struct place *place, bool is_function,
             struct diag_list *diags)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (note_find(notes, words[i].note) == NULL
            || (is_function ? words[i].is_of_function
                            : words[i].is_of_parameter))
        {
            continue;
        }
        return plan_refuse(place,
                           mem_format("%s says nothing here, of '%s'",
                                      words[i].word, p->f->name),
                           mem_format("it stands before a %s",
                                      is_function ? "parameter"
                                                  : "function"),
                           diags);
    }
    return 0;
}

bool
plan_is_async(const struct function *f)
{
    return note_find(&f->notes, "async") != NULL;
}

bool
plan_is_nogil(const struct function *f)
{
    return note_find(&f->notes, "nogil") != NULL || plan_is_async(f);
}

bool
plan_has_faults(const struct function *f)
{
    return note_find(&f->notes, "faults") != NULL;
}

static int
refuse_faults(const struct plan *p, const char *why, const char *help,
              struct diag_list *diags)
{
    return plan_refuse(&p->f->faults,
                       mem_format("'%s' is CB_FAULTS and %s", p->f->name,
                                  why),
                       mem_copy_str(help), diags);
}

/* A fault leaves whatever was going on in the middle: that must not be
 * Python's. */
int
plan_check_faults(const struct plan *p, struct diag_list *diags)
{
    if (!plan_has_faults(p->f)) {
        return 0;
    }
    if (p->s->sees_python) {
        return refuse_faults(p,
                             "its file includes Python.h: a fault would "
                             "leave Python's objects half changed",
                             "put it into a source without Python.h, or "
                             "drop CB_FAULTS",
                             diags);
    }
    if (p->uses_callbacks) {
        return refuse_faults(p,
                             "calls Python back: a fault would leave that "
                             "call in the middle",
                             "drop CB_FAULTS, or the callback", diags);
    }
    if (!plan_is_nogil(p->f)) {
        return refuse_faults(p,
                             "runs with the GIL: a fault would leave Python "
                             "in the middle of something",
                             "write CB_NOGIL CB_FAULTS (or CB_ASYNC), or "
                             "drop CB_FAULTS",
                             diags);
    }
    return 0;
}

/* Whether a value can be told from a failure. */
static bool
tells_failure(const struct ctype *t, enum failure fails)
{
    bool is_integer = t->shape == SHAPE_SCALAR && type_is_integer(t->type)
                      && !type_is_char(t->type);
    return fails == FAILS_ERRNO
               ? is_integer || t->to != NULL
               : is_integer && t->type->family == FAMILY_SIGNED;
}

static int
read_failure(struct plan *p, struct diag_list *diags)
{
    const struct function *f = p->f;
    bool is_errno = note_find(&f->notes, "errno") != NULL;
    bool is_status = note_find(&f->notes, "status") != NULL;
    p->fails = is_status  ? FAILS_STATUS
               : is_errno ? FAILS_ERRNO
                          : FAILS_NEVER;
    if (p->fails == FAILS_NEVER
        || (tells_failure(&f->result, p->fails)
            && !(is_errno && is_status)))
    {
        return 0;
    }
    return plan_refuse(
        &f->place,
        mem_format("'%s' is %s and returns '%s', which tells no failure",
                   f->name, is_status ? "CB_STATUS" : "CB_ERRNO",
                   f->result.spelling),
        mem_copy_str(is_status ? "return an int: 0 when all went well, else "
                                 "an error number or -1"
                               : "return an integer or a pointer: -1 or NULL "
                                 "when it failed, with errno set"),
        diags);
}

/* The binding calls it from a translation unit of its own. */
static int
check_freer(const struct plan *p, const struct list *notes,
            const struct place *place, struct diag_list *diags)
{
    const char *freer = note_find(notes, "owned");
    if (freer == NULL || !list_has(&p->s->locals, freer)) {
        return 0;
    }
    return plan_refuse(place,
                       mem_format("'%s' is freed by '%s', which is static",
                                  p->f->name, freer),
                       mem_format("drop 'static' from '%s': it is not "
                                  "exported all the same",
                                  freer),
                       diags);
}

int
plan_read_words(struct plan *p, struct diag_list *diags)
{
    int status = check_places(p, &p->f->notes, &p->f->place, true, diags) < 0
                         || check_freer(p, &p->f->notes, &p->f->place, diags)
                                < 0
                     ? -1
                     : 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct parameter *parameter = &p->f->parameters[i];
        const struct list *notes = &parameter->notes;
        if (check_places(p, notes, &parameter->place, false, diags) < 0
            || check_freer(p, notes, &parameter->place, diags) < 0)
        {
            status = -1;
        }
        else if (note_find(notes, "owned") != NULL
                 && note_find(notes, "out") == NULL)
        {
            status = plan_refuse(
                &parameter->place,
                mem_format("CB_OWNED says nothing of '%s', which is no "
                           "result",
                           parameter->name),
                mem_copy_str("what you are given is Python's: drop "
                             "CB_OWNED, or write CB_OUT CB_OWNED"),
                diags);
        }
    }
    return read_failure(p, diags) < 0 ? -1 : status;
}
