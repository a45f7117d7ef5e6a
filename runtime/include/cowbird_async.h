/* cowbird_async.h: functions that are awaited: the call waits in a thread of
 * the event loop's own, without the GIL, while the loop serves on.
 *
 * Part of cowbird_binding.h, for bindings that have some. The function itself
 * is an attribute of the module, under its name and a "_" before it: a call
 * that waits for a thread begins on the code that is live by then.
 *
 * What awaits is Python, because a coroutine is: asyncio, or trio where no
 * asyncio runs. A task that is cancelled ends when the C has, which can ask
 * by cb_cancelled(); anyio would cancel again and again, so it is held off
 * meanwhile. What no thread has begun yet is dropped at once: either the
 * thread sees `stop`, or the task sees `begun`.
 */
#ifndef COWBIRD_ASYNC_H
#define COWBIRD_ASYNC_H

#ifndef CB_USES_NOGIL
#define CB_USES_NOGIL
#endif
#include <cowbird_binding.h>

#define CB_AWAIT_NAME "_await"   /* the module's attributes */
#define CB_CANCEL_NAME "_cancel"

static const char cb_await_source[] =
    "import asyncio, contextlib, contextvars, sys, threading\n"
    "\n"
    "def shield():\n"
    "    anyio = sys.modules.get('anyio')\n"
    "    if anyio is None:\n"
    "        return contextlib.nullcontext()\n"
    "    return anyio.CancelScope(shield=True)\n"
    "\n"
    "async def call(function, cancel, args, named):\n"
    "    begun, stop = [], []\n"
    "    context = contextvars.copy_context()\n"
    "    def run():\n"
    "        begun.append(threading.get_ident())\n"
    "        if not stop:\n"
    "            return context.run(function, *args, **named)\n"
    "    try:\n"
    "        loop = asyncio.get_running_loop()\n"
    "    except RuntimeError:\n"
    "        if 'trio' not in sys.modules:\n"
    "            raise\n"
    "        return await sys.modules['trio'].to_thread.run_sync(run)\n"
    "    ended = loop.run_in_executor(None, run)\n"
    "    try:\n"
    "        await asyncio.wait([ended])\n"
    "    except asyncio.CancelledError:\n"
    "        stop.append(True)\n"
    "        if not begun:\n"
    "            ended.cancel()\n"
    "            raise\n"
    "        with shield():\n"
    "            while not ended.done():\n"
    "                cancel(begun[0])\n"
    "                try:\n"
    "                    await asyncio.wait([ended], timeout=0.05)\n"
    "                except asyncio.CancelledError:\n"
    "                    pass\n"
    "        if not ended.cancelled():\n"
    "            ended.exception()\n"
    "        raise\n"
    "    return ended.result()\n";

/* Gives the module what awaits. */
static int
cb_async_ready(PyObject *module)
{
    PyObject *made = NULL;
    PyObject *code = Py_CompileString(cb_await_source, "<cowbird>",
                                      Py_file_input);
    PyObject *names = PyDict_New();
    if (code != NULL && names != NULL
        && PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins())
               == 0)
    {
        made = PyEval_EvalCode(code, names, names);
    }
    PyObject *call = made == NULL ? NULL
                                  : PyDict_GetItemString(names, "call");
    Py_XINCREF(call);
    Py_XDECREF(made);
    Py_XDECREF(names);
    Py_XDECREF(code);
    return cb_add(module, CB_AWAIT_NAME, call);
}

/* Tells the call that the thread is in. */
static PyObject *
cb_cancel(PyObject *module, PyObject *ident)
{
    unsigned long thread = PyLong_AsUnsignedLong(ident);
    (void)module;
    if (thread == (unsigned long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    pthread_mutex_lock(&cb_aways.lock);
    struct cb_away *at = cb_aways.first;
    for (; at != &cb_no_away; at = at->next) {
        if ((unsigned long)at->thread == thread) {
            at->is_cancelled = 1;
        }
    }
    pthread_mutex_unlock(&cb_aways.lock);
    Py_RETURN_NONE;
}

/* A coroutine that calls the module's function `name`. */
static PyObject *
cb_async(PyObject *module, const char *name, PyObject *const *args,
         Py_ssize_t count, PyObject *keywords)
{
    PyObject *made = NULL;
    PyObject *call = PyObject_GetAttrString(module, CB_AWAIT_NAME);
    PyObject *cancel = PyObject_GetAttrString(module, CB_CANCEL_NAME);
    PyObject *function = PyObject_GetAttrString(module, name);
    PyObject *given = PyTuple_New(count);
    PyObject *named = PyDict_New();
    if (call == NULL || cancel == NULL || function == NULL || given == NULL
        || named == NULL)
    {
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_INCREF(args[i]);
        PyTuple_SET_ITEM(given, i, args[i]);
    }
    Py_ssize_t more = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    for (Py_ssize_t i = 0; i < more; i++) {
        if (PyDict_SetItem(named, PyTuple_GET_ITEM(keywords, i),
                           args[count + i])
            < 0)
        {
            goto done;
        }
    }
    made = PyObject_CallFunctionObjArgs(call, function, cancel, given, named,
                                        NULL);
done:
    Py_XDECREF(call);
    Py_XDECREF(cancel);
    Py_XDECREF(function);
    Py_XDECREF(given);
    Py_XDECREF(named);
    return made;
}

#endif
