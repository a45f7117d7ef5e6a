/* record: see record.h. */
#include "record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "function.h"
#include "gil.h"
#include "native.h"
#include "stub.h"

#include "guard.h"

/* A message holds 16 MB of base64. */
#define CALL_BYTES (8u << 20)
#define ALL_BYTES (32u << 20)
#define WHY_BYTES 200

#define WORDS void *a, void *b, void *c, void *d, void *e, void *f
typedef void *(*code_fn)(WORDS);

struct call {
    char *text; /* base64 of the pickle, "" when there is none */
    char *why;
    struct call *next;
};

static struct {
    uint64_t id;
    struct function *function; /* borrowed, lives for ever; NULL: none */
    uint64_t left;             /* calls that are still wanted */
    size_t bytes;              /* of those that were taken */
    bool is_pickling;          /* in some thread: other calls pass */
    PyObject *dumps, *encode;  /* pickle.dumps, binascii.b2a_base64 */
    struct call *first;        /* to be told */
} recording;

/* -- one call ------------------------------------------------------------- */

/* A call's arguments as a caller in Python has them. */
struct arguments {
    PyObject *args;  /* tuple; owned */
    PyObject *named; /* dict, or NULL; owned */
};

static int
take_vector(struct arguments *got, PyObject *const *values, Py_ssize_t count,
            PyObject *names)
{
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    got->args = PyTuple_New(count);
    got->named = named == 0 ? NULL : PyDict_New();
    if (got->args == NULL || (named > 0 && got->named == NULL)) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_INCREF(values[i]);
        PyTuple_SET_ITEM(got->args, i, values[i]);
    }
    for (Py_ssize_t i = 0; i < named; i++) {
        if (PyDict_SetItem(got->named, PyTuple_GET_ITEM(names, i),
                           values[count + i])
            < 0)
        {
            return -1;
        }
    }
    return 0;
}

/* `b`, `c` and `d` are what came after self (Include/methodobject.h has the
 * shapes by flags). */
static int
take_arguments(struct arguments *got, int flags, void *b, void *c, void *d)
{
    PyObject *one = b;
    *got = (struct arguments){NULL, NULL};
    if ((flags & METH_FASTCALL) != 0) {
        PyObject *names = (flags & METH_KEYWORDS) != 0 ? d : NULL;
        return take_vector(got, b, (Py_ssize_t)c, names);
    }
    if ((flags & (METH_NOARGS | METH_O)) != 0) {
        return take_vector(got, &one, (flags & METH_O) != 0 ? 1 : 0, NULL);
    }
    Py_INCREF(one);
    got->args = one;
    got->named = (flags & METH_KEYWORDS) != 0 ? c : NULL;
    Py_XINCREF(got->named);
    return 0;
}

static void
drop_arguments(struct arguments *got)
{
    Py_CLEAR(got->args);
    Py_CLEAR(got->named);
}

/* The exception that is set, in a few words; none is set afterwards. */
static void
take_words(struct buf *why)
{
    PyObject *type = NULL;
    PyObject *value = NULL;
    PyObject *trace = NULL;
    PyErr_Fetch(&type, &value, &trace);
    PyObject *str = value == NULL ? NULL : PyObject_Str(value);
    const char *words = str == NULL ? NULL : PyUnicode_AsUTF8(str);
    const char *name = type != NULL && PyType_Check(type)
                           ? ((PyTypeObject *)type)->tp_name
                           : "an exception";
    const char *dot = strrchr(name, '.');
    buf_add_fmt(why, "%s: %.*s", dot == NULL ? name : dot + 1, WHY_BYTES,
                words == NULL ? "(no words)" : words);
    PyErr_Clear();
    Py_XDECREF(str);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

/* Whether what is set is the app's own end (an interrupt, an exit), which its
 * call has to pass on. */
static bool
is_the_apps(void)
{
    return PyErr_Occurred() != NULL
           && !PyErr_ExceptionMatches(PyExc_Exception);
}

static PyObject *
pickle(PyObject *what)
{
    return PyObject_CallFunction(recording.dumps, "Oi", what, 4);
}

/* Whether this is the argument that no pickle can be made of. */
static bool
is_culprit(PyObject *value)
{
    PyObject *bytes = pickle(value);
    if (bytes == NULL && !is_the_apps()) {
        PyErr_Clear();
        return true;
    }
    Py_XDECREF(bytes);
    return false;
}

/* "argument 2 (socket): ", where one of them is to blame. */
static void
name_culprit(const struct arguments *got, struct buf *why)
{
    PyObject *name = NULL; /* borrowed, as `value` */
    PyObject *value = NULL;
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0;
         i < PyTuple_GET_SIZE(got->args) && !PyErr_Occurred(); i++)
    {
        value = PyTuple_GET_ITEM(got->args, i);
        if (is_culprit(value)) {
            buf_add_fmt(why, "argument %zd (%s): ", i + 1,
                        Py_TYPE(value)->tp_name);
            return;
        }
    }
    while (got->named != NULL && !PyErr_Occurred()
           && PyDict_Next(got->named, &at, &name, &value))
    {
        if (is_culprit(value)) {
            const char *text = PyUnicode_AsUTF8(name);
            buf_add_fmt(why, "argument '%s' (%s): ",
                        text == NULL ? "?" : text, Py_TYPE(value)->tp_name);
            PyErr_Clear();
            return;
        }
    }
}

/* On the heap; NULL with `why` filled, or with the app's own exception. */
static char *
encode(const struct arguments *got, struct buf *why)
{
    PyObject *both = got->named == NULL
                         ? Py_BuildValue("(O{})", got->args)
                         : Py_BuildValue("(OO)", got->args, got->named);
    PyObject *bytes = both == NULL ? NULL : pickle(both);
    PyObject *line = NULL;
    char *text = NULL;
    size_t size = bytes == NULL ? 0 : (size_t)PyBytes_GET_SIZE(bytes);
    if (size > CALL_BYTES || recording.bytes + size > ALL_BYTES) {
        buf_add_fmt(why, "its arguments take %zu MB", size >> 20);
    }
    else if (bytes != NULL) {
        line = PyObject_CallFunctionObjArgs(recording.encode, bytes, NULL);
        text = line == NULL ? NULL : strdup(PyBytes_AS_STRING(line));
        recording.bytes += size;
    }
    if (text == NULL && why->len == 0 && PyErr_Occurred() && !is_the_apps()) {
        struct buf words = BUF_INIT;
        take_words(&words);
        name_culprit(got, why);
        buf_add_str(why, buf_text(&words));
        buf_dispose(&words);
    }
    Py_XDECREF(line);
    Py_XDECREF(bytes);
    Py_XDECREF(both);
    return text;
}

static void
keep(char *text, char *why)
{
    struct call *call = calloc(1, sizeof(*call));
    struct call **last = &recording.first;
    if (call == NULL) {
        free(text);
        free(why);
        return;
    }
    while (*last != NULL) {
        last = &(*last)->next;
    }
    call->text = text;
    call->why = why;
    *last = call;
    agent_nudge();
}

/* Pickling runs Python: the recording may be over, and another one begun, when
 * it comes back. */
static void
take_call(const struct arguments *got)
{
    uint64_t id = recording.id;
    struct buf why = BUF_INIT;
    char *text = encode(got, &why);
    if (recording.function != NULL && recording.id == id && !is_the_apps()) {
        keep(text, buf_take(&why));
        return;
    }
    free(text);
    buf_dispose(&why);
}

/* What a call goes through. Only `args` and `named` may be used once Python
 * has run: a swap may have changed the convention by which the six words
 * read, and what they point at is gone with it. */
static void *
record_call(WORDS)
{
    struct function *fn = recording.function;
    int flags = fn->def->ml_flags;
    struct arguments got;
    void *result = NULL;
    if (recording.left == 0 || recording.is_pickling) {
        return ((code_fn)stub_under(fn->stub))(a, b, c, d, e, f);
    }
    recording.left--;
    if (take_arguments(&got, flags, b, c, d) < 0) {
        PyErr_Clear(); /* out of memory: the call itself goes on */
        drop_arguments(&got);
        return ((code_fn)stub_under(fn->stub))(a, b, c, d, e, f);
    }
    recording.is_pickling = true;
    take_call(&got);
    recording.is_pickling = false;
    if (is_the_apps()) {
        drop_arguments(&got);
        return NULL;
    }
    PyErr_Clear();
    if (fn->def->ml_flags != flags) {
        result = PyObject_Call(fn->object, got.args, got.named);
        drop_arguments(&got);
        return result;
    }
    drop_arguments(&got);
    return ((code_fn)stub_under(fn->stub))(a, b, c, d, e, f);
}

/* -- beginning and end ---------------------------------------------------- */

static void
forget_calls(void)
{
    while (recording.first != NULL) {
        struct call *call = recording.first;
        recording.first = call->next;
        free(call->text);
        free(call->why);
        free(call);
    }
}

/* On the agent's thread alone: no commit of its own is on its way. */
static void
end(void)
{
    if (recording.function != NULL) {
        stub_take_off(recording.function->stub);
        recording.function = NULL;
    }
    recording.left = 0;
    recording.bytes = 0;
    forget_calls();
}

static PyObject *
import_name(const char *module, const char *name)
{
    PyObject *m = PyImport_ImportModule(module);
    PyObject *found = m == NULL ? NULL : PyObject_GetAttrString(m, name);
    Py_XDECREF(m);
    return found;
}

static void
refuse_name(const struct native *n, const char *function, struct buf *why)
{
    const char *between = "\nit has: ";
    buf_add_fmt(why, "%s has no function '%s'", n->name, function);
    for (size_t i = 0; i < n->function_count; i++) {
        const struct function *f = n->functions[i];
        if (!function_is_gone(f) && f->def->ml_name[0] != '_') {
            buf_add_fmt(why, "%s%s", between, f->def->ml_name);
            between = ", ";
        }
    }
}

static void
begin(const char *module, const char *function, uint64_t calls,
      struct buf *why)
{
    const struct native *n = native_find(module);
    struct function *f = n == NULL ? NULL : native_function(n, function);
    end();
    if (n == NULL || !n->is_live) {
        buf_add_fmt(why, "%s is not imported", module);
        return;
    }
    if (f == NULL || f->object == NULL || function_is_gone(f)) {
        refuse_name(n, function, why);
        return;
    }
    if (recording.dumps == NULL) {
        recording.dumps = import_name("pickle", "dumps");
    }
    if (recording.encode == NULL) {
        recording.encode = import_name("binascii", "b2a_base64");
    }
    if (recording.dumps == NULL || recording.encode == NULL) {
        take_words(why);
        return;
    }
    void *over = NULL;
    code_fn code = record_call;
    memcpy(&over, &code, sizeof(over));
    recording.function = f;
    recording.left = calls;
    stub_lay_over(f->stub, over);
}

/* The app's sys.path, as far as it is text. */
static void
put_paths(struct buf *b)
{
    PyObject *path = PySys_GetObject("path"); /* borrowed */
    struct buf list = BUF_INIT;
    uint64_t count = 0;
    Py_ssize_t most = path != NULL && PyList_Check(path)
                          ? PyList_GET_SIZE(path)
                          : 0;
    for (Py_ssize_t i = 0; i < most; i++) {
        PyObject *item = PyList_GET_ITEM(path, i); /* borrowed */
        const char *text = PyUnicode_Check(item) ? PyUnicode_AsUTF8(item)
                                                 : NULL;
        if (text != NULL) {
            msg_put_str(&list, text);
            count++;
        }
        PyErr_Clear();
    }
    msg_put_u64(b, count);
    buf_add(b, list.data, list.len);
    buf_dispose(&list);
}

int
record_order(struct msg *m, struct buf *answer)
{
    uint64_t id = msg_get_u64(m);
    char *module = msg_get_str(m);
    char *function = msg_get_str(m);
    uint64_t calls = msg_get_u64(m);
    int status = msg_end(m, NULL);
    struct buf why = BUF_INIT;
    char folder[4096];
    if (status == 0) {
        PyGILState_STATE gil = gil_take();
        if (calls == 0 && recording.id == id) {
            end();
        }
        else if (calls > 0) {
            recording.id = id;
            begin(module, function, calls, &why);
            msg_start(answer, MSG_RECORDING);
            msg_put_u64(answer, id);
            msg_put_str(answer, buf_text(&why));
            msg_put_str(answer,
                        getcwd(folder, sizeof(folder)) == NULL ? "" : folder);
            put_paths(answer);
        }
        PyGILState_Release(gil);
    }
    buf_dispose(&why);
    free(module);
    free(function);
    return status;
}

bool
record_tell(struct buf *b)
{
    bool is_any = false;
    if (recording.function == NULL) { /* only this thread writes it */
        return false;
    }
    PyGILState_STATE gil = gil_take();
    struct call *call = recording.first;
    if (call != NULL) {
        is_any = true;
        recording.first = call->next;
        msg_start(b, MSG_RECORDED);
        msg_put_u64(b, recording.id);
        msg_put_str(b, call->text == NULL ? "" : call->text);
        msg_put_str(b, call->why == NULL ? "" : call->why);
        free(call->text);
        free(call->why);
        free(call);
    }
    else if (recording.function != NULL && recording.left == 0
             && !recording.is_pickling)
    {
        end();
    }
    PyGILState_Release(gil);
    return is_any;
}

void
record_forget(void)
{
    if (recording.function != NULL) {
        PyGILState_STATE gil = gil_take();
        end();
        PyGILState_Release(gil);
    }
}

/* The thread that was in a pickle may not have come along. */
void
record_abandon(void)
{
    recording.is_pickling = false;
    end();
}
