/* bindgen_plan: see bindgen_plan.h. */
#include "bindgen_plan.h"

#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "mem.h"
#include "pyname.h"
#include "way.h"

/* -- saying no ------------------------------------------------------------ */

int
plan_refuse(const struct place *at, char *message, char *help,
            struct diag_list *diags)
{
    struct diag *d = diag_add(diags);
    d->severity = DIAG_ERROR;
    d->path = mem_copy_str(at->path);
    d->line = at->line;
    d->column = at->column;
    d->width = at->width;
    d->message = message;
    d->help = help;
    return -1;
}

static int
refuse_whole(const struct function *f, struct diag_list *diags,
             const char *why, const char *help)
{
    return plan_refuse(&f->place,
                       mem_format("'%s' cannot be called from Python: %s",
                                  f->name, why),
                       mem_copy_str(help), diags);
}

/* What is wrong with the function as a whole, before its parameters. */
static int
check_whole(const struct function *f, struct diag_list *diags)
{
    if (f->error != NULL) {
        return plan_refuse(
            &f->place,
            mem_format("the declaration of '%s' cannot be read: %s", f->name,
                       f->error),
            NULL, diags);
    }
    if (strcmp(f->name, "main") == 0) {
        return refuse_whole(f, diags, "it is the entry of a program",
                            "rename it, or make it static");
    }
    if (f->is_variadic) {
        return refuse_whole(f, diags, "it takes '...'",
                            "give it a fixed number of parameters, or make "
                            "it static");
    }
    if (f->is_old_style) {
        return refuse_whole(f, diags,
                            "its parameters' types stand outside the "
                            "parentheses",
                            "write them inside: int f(int a)");
    }
    if (f->is_inline) {
        return refuse_whole(f, diags,
                            "'inline' alone gives it no symbol of its own",
                            "drop 'inline', or make it static");
    }
    return 0;
}

/* What no way has claimed. */
static int
refuse_parameter(const struct function *f, const struct parameter *p,
                 struct diag_list *diags)
{
    const struct ctype *t = &p->type;
    const char *name = p->name[0] == '\0' ? "a parameter" : p->name;
    return plan_refuse(
        &p->place,
        mem_format("'%s' of '%s' is '%s', which has no counterpart in Python",
                   name, f->name, t->spelling),
        mem_format("pass numbers, 'const char *' or buffers, or make '%s' "
                   "static",
                   f->name),
        diags);
}

char *
plan_result_words(const struct plan *p, const struct result *r)
{
    return r->out == NULL
               ? mem_format("'%s' returns '%s'", p->f->name,
                            r->type->spelling)
               : mem_format("'%s' of '%s' gives '%s'", r->out->name,
                            p->f->name, r->type->spelling);
}

static int
refuse_result(const struct plan *p, const struct result *r,
              struct diag_list *diags)
{
    char *what = plan_result_words(p, r);
    int status = plan_refuse(
        r->place, mem_format("%s, which has no counterpart in Python", what),
        mem_copy_str("give a number, a bool, 'const char *' or nothing, or "
                     "make it static"),
        diags);
    free(what);
    return status;
}

static int
refuse_owned(const struct plan *p, const struct result *r,
             struct diag_list *diags)
{
    char *what = plan_result_words(p, r);
    int status = plan_refuse(
        r->place, mem_format("%s and is CB_OWNED: there is nothing to free",
                             what),
        mem_copy_str("drop CB_OWNED, or give a pointer"), diags);
    free(what);
    return status;
}

/* -- the plan ------------------------------------------------------------- */

static void
name_argument(struct plan *p, size_t i)
{
    struct argument *a = &p->arguments[i];
    const char *name = a->parameter->name;
    if (name[0] == '\0') {
        a->name = mem_format("_%zu", i + 1);
    }
    else {
        a->name = mem_format("%s%s", name,
                             pyname_is_keyword(name) ? "_" : "");
    }
    if (a->way == NULL || a->way->is_hidden) {
        a->at = -1;
        return;
    }
    a->at = p->python_count++;
    if (name[0] == '\0') {
        p->first_named = p->python_count;
    }
}

/* How many parameters from `i` on found their way; -1: one that has none. */
static int
claim_parameter(struct plan *p, size_t i, struct diag_list *diags)
{
    for (size_t k = 0; ways[k] != NULL; k++) {
        int count = ways[k]->claim(p, i, diags);
        if (count != 0) {
            return count;
        }
    }
    return refuse_parameter(p->f, &p->f->parameters[i], diags);
}

static int
claim_parameters(struct plan *p, struct diag_list *diags)
{
    int status = 0;
    for (size_t i = 0; i < p->count;) {
        int count = claim_parameter(p, i, diags);
        status = count < 0 ? -1 : status;
        i += count < 0 ? 1 : (size_t)count;
    }
    return status;
}

static int
add_result(struct plan *p, struct result r, struct diag_list *diags)
{
    for (size_t k = 0; r.giving == NULL && givings[k] != NULL; k++) {
        int claimed = givings[k]->claim(p, &r, diags);
        if (claimed < 0) {
            return -1;
        }
        r.giving = claimed > 0 ? givings[k] : NULL;
    }
    if (r.giving == NULL) {
        return refuse_result(p, &r, diags);
    }
    if (note_find(r.notes, "owned") != NULL && !r.is_released) {
        return refuse_owned(p, &r, diags);
    }
    if (r.giving->give != NULL) {
        p->results = mem_resize(p->results, p->result_count + 1,
                                sizeof(*p->results));
        p->results[p->result_count++] = r;
    }
    return 0;
}

/* What the function returns, and then what it leaves in out parameters. */
static int
add_results(struct plan *p, struct diag_list *diags)
{
    struct result own = {.type = &p->f->result,
                         .place = &p->f->place,
                         .notes = &p->f->notes,
                         .value = "value"};
    int status = p->fails == FAILS_STATUS ? 0 : add_result(p, own, diags);
    for (size_t i = 0; i < p->count; i++) {
        struct argument *a = &p->arguments[i];
        if (a->way != &way_out || a->is_measure) {
            continue;
        }
        a->value = mem_format("c_%s", a->name);
        struct result out = {.type = a->parameter->type.to,
                             .place = &a->parameter->place,
                             .notes = &a->parameter->notes,
                             .value = a->value,
                             .out = a};
        status = add_result(p, out, diags) < 0 ? -1 : status;
    }
    return status;
}

static void
look_for_releases(struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        p->has_release |= p->arguments[i].way->release != NULL;
    }
    for (size_t i = 0; i < p->result_count; i++) {
        p->has_release |= p->results[i].is_released;
    }
}

int
plan_make(struct plan *p, const struct surface *s, const struct function *f,
          struct diag_list *diags)
{
    *p = (struct plan){.s = s, .f = f, .count = f->parameter_count};
    p->arguments = mem_new((p->count + 1) * sizeof(*p->arguments));
    if (check_whole(f, diags) < 0) {
        return -1;
    }
    for (size_t i = 0; i < p->count; i++) {
        p->arguments[i].parameter = &f->parameters[i];
    }
    int status = claim_parameters(p, diags);
    for (size_t i = 0; i < p->count; i++) {
        name_argument(p, i);
    }
    if (plan_read_words(p, diags) < 0 || add_results(p, diags) < 0
        || status < 0)
    {
        return -1;
    }
    if (handle_check(p, diags) < 0 || plan_check_faults(p, diags) < 0) {
        return -1;
    }
    look_for_releases(p);
    return plan_read_defaults(p, diags);
}

void
plan_dispose(struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->arguments[i].name);
        free(p->arguments[i].initial);
        free(p->arguments[i].shown);
        free(p->arguments[i].value);
    }
    free(p->arguments);
    free(p->results);
    *p = (struct plan){.f = NULL};
}
