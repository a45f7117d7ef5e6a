/* bindgen_values: see bindgen_values.h. */
#include "bindgen_values.h"

#include <stdlib.h>
#include <string.h>

#include "bindgen_plan.h"
#include "enumeration.h"
#include "mem.h"
#include "structure.h"

bool
values_have(const struct constant *k)
{
    return k->of != NULL && k->of->name[0] != '\0' && k->of->name[0] != '_'
           && strcmp(k->name, "mro") != 0;
}

/* -- finding them --------------------------------------------------------- */

static int
refuse_name(const struct place *place, const char *kind, const char *name,
            const char *other, struct diag_list *diags)
{
    return plan_refuse(place,
                       mem_format("the %s '%s' and a %s have one name in "
                                  "Python",
                                  kind, name, other),
                       mem_format("rename one of them, or give the %s a "
                                  "typedef of another name",
                                  kind),
                       diags);
}

/* What else of the module has the name; NULL: nothing. */
static const char *
name_taken(const struct surface *surfaces, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].function_count; k++) {
            if (strcmp(surfaces[i].functions[k].name, name) == 0) {
                return "function";
            }
        }
        for (size_t k = 0; k < surfaces[i].constant_count; k++) {
            if (strcmp(surfaces[i].constants[k].name, name) == 0) {
                return "constant";
            }
        }
    }
    return NULL;
}

static int
add_enumeration(struct values *v, const struct surface *surfaces,
                size_t count, const struct enumeration *e,
                struct diag_list *diags)
{
    for (size_t i = 0; i < v->enumeration_count; i++) {
        const struct enumeration *known = v->enumerations[i];
        if (strcmp(known->name, e->name) == 0) {
            return enumeration_is_same(known, e)
                       ? 0
                       : refuse_name(&e->place, "enum", e->name,
                                     "different enum", diags);
        }
    }
    const char *taken = name_taken(surfaces, count, e->name);
    if (taken != NULL) {
        return refuse_name(&e->place, "enum", e->name, taken, diags);
    }
    v->enumerations = mem_resize(v->enumerations, v->enumeration_count + 1,
                                 sizeof(*v->enumerations));
    v->enumerations[v->enumeration_count++] = e;
    return 0;
}

static int
add_structure(struct values *v, const struct surface *surfaces, size_t count,
              const struct structure *s, struct diag_list *diags)
{
    const char *taken = name_taken(surfaces, count, s->name);
    for (size_t i = 0; i < v->structure_count; i++) {
        const struct structure *known = v->structures[i];
        if (strcmp(known->name, s->name) == 0) {
            return structure_is_same(known, s)
                       ? 0
                       : refuse_name(&s->place, "struct", s->name,
                                     "different struct", diags);
        }
    }
    for (size_t i = 0; i < v->enumeration_count; i++) {
        if (strcmp(v->enumerations[i]->name, s->name) == 0) {
            taken = "enum";
        }
    }
    if (taken != NULL) {
        return refuse_name(&s->place, "struct", s->name, taken, diags);
    }
    v->structures = mem_resize(v->structures, v->structure_count + 1,
                               sizeof(*v->structures));
    v->structures[v->structure_count++] = s;
    return 0;
}

int
values_find(struct values *v, const struct surface *surfaces, size_t count,
            struct diag_list *diags)
{
    int status = 0;
    *v = (struct values){NULL, 0, NULL, 0};
    for (size_t i = 0; i < count; i++) {
        const struct surface *s = &surfaces[i];
        for (size_t k = 0; k < s->enumeration_count; k++) {
            const struct enumeration *e = s->enumerations[k];
            if (enumeration_is_needed(e)
                && add_enumeration(v, surfaces, count, e, diags) < 0)
            {
                status = -1;
            }
        }
        for (size_t k = 0; k < s->structure_count; k++) {
            if (s->structures[k]->is_used
                && add_structure(v, surfaces, count, s->structures[k], diags)
                       < 0)
            {
                status = -1;
            }
        }
    }
    return status;
}

void
values_dispose(struct values *v)
{
    free(v->enumerations);
    free(v->structures);
    *v = (struct values){NULL, 0, NULL, 0};
}

/* -- writing them --------------------------------------------------------- */

void
values_write_head(struct buf *out, const struct values *v)
{
    size_t most = 0;
    for (size_t i = 0; i < v->structure_count; i++) {
        size_t count = v->structures[i]->field_count;
        most = count > most ? count : most;
    }
    if (v->enumeration_count + v->structure_count > 0) {
        buf_add_str(out, "#define CB_USES_ENUMS\n");
    }
    if (v->structure_count > 0) {
        buf_add_fmt(out,
                    "#define CB_USES_STRUCTS\n"
                    "#define CB_STRUCTS %zu\n"
                    "#define CB_MOST_FIELDS %zu\n",
                    v->structure_count, most);
    }
}

void
values_write(struct buf *out, const struct values *v, const char *module)
{
    for (size_t i = 0; i < v->enumeration_count; i++) {
        enumeration_write(out, v->enumerations[i]);
    }
    for (size_t i = 0; i < v->structure_count; i++) {
        structure_write(out, v->structures[i], module);
    }
    if (v->structure_count == 0) {
        return;
    }
    buf_add_str(out, "static struct cb_struct *const cb_structs[CB_STRUCTS + "
                     "1] = {\n");
    for (size_t i = 0; i < v->structure_count; i++) {
        buf_add_fmt(out, "    &cb_struct_%s,\n", v->structures[i]->name);
    }
    buf_add_fmt(out,
                "    NULL,\n};\n"
                "static const char cb_array_name[] = \"%s._Array\";\n\n",
                module);
}

void
values_write_exec(struct buf *out, const struct values *v)
{
    for (size_t i = 0; i < v->enumeration_count; i++) {
        enumeration_write_exec(out, v->enumerations[i]);
    }
    if (v->structure_count > 0) {
        buf_add_str(out, "    if (cb_add_array(cb_array_name) < 0) {\n"
                         "        return -1;\n    }\n");
    }
    for (size_t i = 0; i < v->structure_count; i++) {
        structure_write_exec(out, v->structures[i]);
    }
}
