/* bindgen_default: what a parameter is when the call leaves it out;
 * bindgen_plan.h. */
#include <stdlib.h>

#include "bindgen_plan.h"
#include "literal.h"
#include "mem.h"
#include "way.h"

/* No default where one is needed, or one that cannot be. Takes `help`. */
static int
refuse(const struct plan *p, const struct argument *a, const char *why,
       char *help, struct diag_list *diags)
{
    return plan_refuse(&a->parameter->place,
                       mem_format("'%s' of '%s' %s",
                                  a->parameter->name[0] == '\0'
                                      ? "a parameter"
                                      : a->parameter->name,
                                  p->f->name, why),
                       help, diags);
}

static int
read_default(const struct plan *p, struct argument *a, const char *text,
             struct diag_list *diags)
{
    if (a->way->fall_back == NULL) {
        return refuse(p, a, "cannot have a default",
                      mem_copy_str(a->way->is_hidden
                                       ? "it is no parameter in Python: drop "
                                         "its CB_DEFAULT"
                                       : "drop its CB_DEFAULT"),
                      diags);
    }
    struct literal v = LITERAL_INIT;
    int status = 0;
    if (literal_read(&v, text, p->s) < 0) {
        char *why = mem_format("has the default '%s', which is no constant "
                               "that cowbird can read",
                               text);
        status = refuse(p, a, why,
                        mem_copy_str("write a number, a string, NULL, true, "
                                     "false, or a constant of this file"),
                        diags);
        free(why);
    }
    else {
        char *wanted = a->way->fall_back(a, &v);
        if (wanted != NULL) {
            char *why = mem_format("has the default '%s', and is '%s'", text,
                                   a->parameter->type.spelling);
            status = refuse(p, a, why,
                            mem_format("write %s: CB_DEFAULT(…)", wanted),
                            diags);
            free(why);
        }
        free(wanted);
    }
    literal_dispose(&v);
    return status;
}

int
plan_read_defaults(struct plan *p, struct diag_list *diags)
{
    const struct argument *before = NULL; /* one that may be left out */
    int status = 0;
    p->needed = p->python_count;
    for (size_t i = 0; i < p->count; i++) {
        struct argument *a = &p->arguments[i];
        const char *text = note_find(&a->parameter->notes, "default");
        if (text != NULL) {
            status = read_default(p, a, text, diags) < 0 ? -1 : status;
        }
        if (a->at < 0) {
            continue;
        }
        if (text != NULL && before == NULL) {
            before = a;
            p->needed = a->at;
        }
        if (text == NULL && before != NULL) {
            char *why = mem_format("has no default, and '%s' before it has "
                                   "one",
                                   before->name);
            status = refuse(p, a, why,
                            mem_format("give it one as well: CB_DEFAULT(…), "
                                       "or let it stand before '%s'",
                                       before->name),
                            diags);
            free(why);
        }
    }
    return status;
}
