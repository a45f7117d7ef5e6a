/* bindgen: see bindgen.h. The converters that the written code calls are in
 * runtime/include/cowbird_binding.h. */
#include "bindgen.h"

#include <string.h>

#include "bindgen_call.h"
#include "bindgen_plan.h"
#include "bindgen_values.h"
#include "handle.h"
#include "exception.h"
#include "list.h"
#include "mem.h"
#include "path.h"
#include "way.h"

/* What the functions of a module need beside themselves. */
struct used {
    bool callbacks;     /* cowbird_callbacks.h */
    bool memory;        /* cowbird_memory.h */
    bool complex;       /* cowbird_complex.h */
    struct list freers; /* functions that it calls by their names */
};

static void
add_constant(struct buf *out, const struct constant *k)
{
    const char *make = k->kind == CONSTANT_FLOAT ? "PyFloat_FromDouble"
                       : k->kind == CONSTANT_TEXT ? "PyUnicode_FromString"
                       : strpbrk(k->value, "uU") != NULL
                           ? "PyLong_FromUnsignedLongLong"
                           : "PyLong_FromLongLong";
    buf_add_fmt(out,
                "    if (cb_add(module, \"%s\", %s(%s)) < 0) {\n"
                "        return -1;\n    }\n",
                k->name, make, k->value);
}

static void
add_exec(struct buf *out, const struct surface *surfaces, size_t count,
         const char *name, const struct used *u, const struct values *v)
{
    buf_add_str(out, "static int\ncb_exec(PyObject *module)\n{\n"
                     "    (void)module;\n");
    buf_add_str(out, "#ifdef CB_USES_ASYNC\n"
                     "    if (cb_async_ready(module) < 0) {\n"
                     "        return -1;\n    }\n#endif\n");
    if (u->memory) {
        buf_add_str(out, "    if (cb_memory_ready(module) < 0) {\n"
                         "        return -1;\n    }\n");
    }
    if (count > 0) {
        handle_write_exec(out, &surfaces[0]);
    }
    exception_write_exec(out, surfaces, count, name);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].constant_count; k++) {
            const struct constant *c = &surfaces[i].constants[k];
            if (!values_have(c)) {
                add_constant(out, c);
            }
        }
    }
    values_write_exec(out, v);
    buf_add_str(out, "    return 0;\n}\n\n");
}

/* `how` names the C function that CPython calls. */
static void
add_method(struct buf *out, const char *before, const char *how,
           const char *name)
{
    buf_add_fmt(out,
                "    {\"%s%s\", (PyCFunction)(void (*)(void))cb_%s_%s,\n"
                "     METH_FASTCALL | METH_KEYWORDS, cb_doc_%s},\n",
                before, name, how, name, name);
}

static void
add_methods(struct buf *out, const struct surface *surfaces, size_t count)
{
    bool has_async = false;
    buf_add_str(out, "static PyMethodDef cb_methods[] = {\n");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].function_count; k++) {
            const struct function *f = &surfaces[i].functions[k];
            bool is_async = plan_is_async(f);
            add_method(out, "", is_async ? "start" : "call", f->name);
            if (is_async) {
                add_method(out, "_", "call", f->name);
            }
            has_async |= is_async;
        }
    }
    buf_add_str(out, has_async ? "    {CB_CANCEL_NAME, cb_cancel, METH_O, "
                                 "NULL},\n"
                               : "");
    buf_add_str(out, "    {NULL, NULL, 0, NULL},\n};\n\n");
}

/* Only the author knows what the C takes: its variables are one for the whole
 * process. Every source of the module has to say so. */
static void
add_slots(struct buf *out, const struct surface *surfaces, size_t count)
{
    bool is_free = count > 0, is_apart = count > 0;
    for (size_t i = 0; i < count; i++) {
        is_free &= surfaces[i].says_free_threading;
        is_apart &= surfaces[i].says_subinterpreters;
    }
    buf_add_fmt(out,
                "static PyModuleDef_Slot cb_slots[] = {\n"
                "    {Py_mod_exec, (void *)(uintptr_t)cb_exec},\n"
                "#ifdef Py_mod_multiple_interpreters\n"
                "    {Py_mod_multiple_interpreters,\n     Py_MOD_%s},\n"
                "#endif\n",
                is_apart ? "PER_INTERPRETER_GIL_SUPPORTED"
                         : "MULTIPLE_INTERPRETERS_NOT_SUPPORTED");
    buf_add_str(out, is_free ? "#ifdef Py_mod_gil\n"
                               "    {Py_mod_gil, Py_MOD_GIL_NOT_USED},\n"
                               "#endif\n"
                             : "");
    buf_add_str(out, "    {0, NULL},\n};\n\n");
}

/* The classes and their members are one for the process as well. */
static int
check_subinterpreters(const struct surface *s, struct diag_list *diags)
{
    bool has_class = s->handle_count > 0 || s->enumeration_count > 0
                     || s->exception_count > 0;
    for (size_t i = 0; i < s->structure_count; i++) {
        has_class |= s->structures[i]->is_used;
    }
    if (!s->says_subinterpreters || !has_class || s->function_count == 0) {
        return 0;
    }
    return plan_refuse(&s->functions[0].place,
                       mem_copy_str("this file says CB_SUBINTERPRETERS and "
                                    "has classes, which are one for all "
                                    "interpreters"),
                       mem_copy_str("drop CB_SUBINTERPRETERS, or keep "
                                    "handles, enums, structs and exceptions "
                                    "out of it"),
                       diags);
}

static void
add_definition(struct buf *out, const struct surface *surfaces, size_t count,
               const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *stem = dot == NULL ? name : dot + 1;
    const char *doc = NULL;
    for (size_t i = 0; doc == NULL && i < count; i++) {
        doc = surfaces[i].doc;
    }
    add_slots(out, surfaces, count);
    buf_add_fmt(out,
                "static PyModuleDef cb_module = {\n"
                "    PyModuleDef_HEAD_INIT,\n    .m_name = \"%s\",\n", name);
    if (doc != NULL) {
        buf_add_str(out, "    .m_doc\n    = \"");
        call_add_literal(out, doc);
        buf_add_str(out, "\",\n");
    }
    buf_add_fmt(out,
                "    .m_methods = cb_methods,\n    .m_slots = cb_slots,\n"
                "};\n\n"
                "PyMODINIT_FUNC\nPyInit_%s(void)\n{\n"
                "    return PyModuleDef_Init(&cb_module);\n}\n",
                stem);
}

static void
add_head(struct buf *out, const struct surface *surfaces, size_t count,
         const char *name, const struct used *u, const struct values *v)
{
    bool sees_python = false, has_nogil = false, has_async = false;
    bool has_exceptions = false, has_faults = false;
    buf_add_fmt(out, "/* The Python module '%s', written by cowbird from",
                name);
    for (size_t i = 0; i < count; i++) {
        const struct surface *s = &surfaces[i];
        buf_add_fmt(out, "%s %s", i > 0 ? "," : "", path_base(s->path));
        sees_python |= s->sees_python;
        has_exceptions |= s->exception_count > 0;
        for (size_t k = 0; k < s->function_count; k++) {
            has_nogil |= plan_is_nogil(&s->functions[k]);
            has_async |= plan_is_async(&s->functions[k]);
            has_faults |= plan_has_faults(&s->functions[k]);
        }
    }
    buf_add_str(out, ". */\n");
    buf_add_str(out, sees_python ? "#define CB_SEES_PYTHON\n" : "");
    buf_add_str(out, has_nogil ? "#define CB_USES_NOGIL\n" : "");
    buf_add_str(out, has_exceptions ? "#define CB_USES_EXCEPTIONS\n" : "");
    buf_add_str(out, has_faults ? "#define CB_USES_FAULTS\n" : "");
    buf_add_str(out, u->complex ? "#define CB_USES_COMPLEX\n" : "");
    buf_add_str(out, has_async ? "#define CB_USES_ASYNC\n" : "");
    buf_add_str(out, u->callbacks ? "#define CB_USES_CALLBACKS\n" : "");
    buf_add_str(out, u->memory ? "#define CB_USES_MEMORY\n" : "");
    buf_add_str(out, count > 0 && surfaces[0].handle_count > 0
                         ? "#define CB_USES_HANDLES\n"
                         : "");
    values_write_head(out, v);
    buf_add_str(out, "#include <cowbird_binding.h>\n\n");
}

static bool
is_complex(const struct ctype *t)
{
    return t->type != NULL && t->type->family == FAMILY_COMPLEX;
}

static void
note_used(struct used *u, const struct plan *p)
{
    u->memory |= p->uses_memory;
    u->callbacks |= p->uses_callbacks;
    u->complex |= is_complex(&p->f->result);
    for (size_t i = 0; i < p->count; i++) {
        const struct ctype *t = &p->f->parameters[i].type;
        u->complex |= is_complex(t) || (t->to != NULL && is_complex(t->to));
    }
    for (size_t i = 0; p->uses_memory && i < p->result_count; i++) {
        const char *freer = way_freer(&p->results[i]);
        if (freer != NULL) {
            list_add_new(&u->freers, freer);
        }
    }
}

/* For memory that is freed long after the call, maybe by a later image. */
static void
add_freers(struct buf *out, const struct used *u)
{
    if (!u->memory) {
        return;
    }
    buf_add_str(out, "void\n"
                     "cb_free_named(const char *name, void *data)\n{\n"
                     "    (void)name;\n    (void)data;\n");
    for (size_t i = 0; i < u->freers.count; i++) {
        const char *name = u->freers.items[i];
        buf_add_fmt(out,
                    "    if (strcmp(name, \"%s\") == 0) {\n"
                    "        cb_f_%s(data);\n    }\n",
                    name, name);
    }
    buf_add_str(out, "}\n\n");
}

/* Nothing to export is no error: a new file begins empty. */
static int
add_functions(struct buf *out, const struct surface *s, struct used *u,
              struct diag_list *diags)
{
    int status = 0;
    for (size_t k = 0; k < s->function_count; k++) {
        struct plan p;
        if (plan_make(&p, s, &s->functions[k], diags) < 0) {
            status = -1;
        }
        else {
            call_write(out, &p);
            note_used(u, &p);
        }
        plan_dispose(&p);
    }
    return status;
}

int
bindgen_write(const struct surface *surfaces, size_t count,
              const char *name, struct buf *out, struct diag_list *diags)
{
    int status = 0;
    struct buf functions = BUF_INIT;
    struct used used = {.freers = LIST_INIT};
    for (size_t i = 0; i < count; i++) {
        diag_copy_all(diags, &surfaces[i].fatal);
        if (surfaces[i].fatal.count > 0
            || check_subinterpreters(&surfaces[i], diags) < 0
            || add_functions(&functions, &surfaces[i], &used, diags) < 0)
        {
            status = -1;
        }
    }
    struct values values;
    if (values_find(&values, surfaces, count, diags) < 0) {
        status = -1;
    }
    if (status < 0) {
        values_dispose(&values);
    }
    size_t bound = status < 0 ? 0 : count;
    used.memory &= status == 0;
    add_head(out, surfaces, count, name, &used, &values);
    if (status < 0) {
        /* sources name them: the linker must not have the last word */
        exception_write(out, surfaces, count);
    }
    else {
        values_write(out, &values, name);
        if (count > 0) {
            handle_write_declarations(out, &surfaces[0]);
        }
        exception_write(out, surfaces, count);
        buf_add(out, functions.data, functions.len);
        if (count > 0) {
            handle_write_classes(out, &surfaces[0], name);
        }
        add_freers(out, &used);
    }
    add_exec(out, surfaces, bound, name, &used, &values);
    add_methods(out, surfaces, bound);
    add_definition(out, surfaces, bound, name);
    values_dispose(&values);
    list_dispose(&used.freers);
    buf_dispose(&functions);
    return status;
}
