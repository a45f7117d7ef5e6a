"""Case 57: what old code has left for the end of a thread or of the process
(atexit, destructors of threads, signal handlers, keys) finds its code."""
import os

import pytest

from bed import stretch
from leftovers import CHURN, DEEP

UNLOADS = True  # see conftest.py

pytestmark = pytest.mark.skipif(
    os.environ.get("COWBIRD_TEST_SANITIZE") == "thread",
    reason="ThreadSanitizer itself keeps addresses of every image")


# Each leaves `end` behind, which writes one byte to descriptor 9.
LEFT = {
    "atexit": ("#include <stdlib.h>\n", "atexit(end0);", "atexit"),
    "on_exit": ("#include <stdlib.h>\n", "on_exit(end2, NULL);", "on_exit"),
    "pthread_key": (
        "#include <pthread.h>\nstatic pthread_key_t key;\n",
        "pthread_key_create(&key, end1); pthread_setspecific(key, &key);",
        None),
    "thread_atexit": (
        "extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);"
        "extern void *__dso_handle;\n",
        "__cxa_thread_atexit_impl(end1, NULL, &__dso_handle);",
        "destructors for threads"),
}


def leaving(how, n):
    before, call, _ = LEFT[how]
    return stretch(
        before="#define _GNU_SOURCE 1\n#include <unistd.h>\n" + before
               + "static void end0(void) { (void)!write(9, \"x\", 1); }"
               "static void end1(void *u) { (void)u; end0(); }"
               "static void end2(int s, void *u) { (void)s; (void)u; end0(); }"
               "void *used[] = {end0, end1, end2};"
               "static PyObject *leave(PyObject *m, PyObject *u)"
               "{ %s return PyLong_FromLong(%d); }" % (call, n),
        methods='{"leave", leave, METH_NOARGS, NULL},')


@pytest.mark.parametrize("how", LEFT)
def test_it_runs_old_code_that_is_still_there(one_bed, how):
    bed = one_bed
    bed.module("hot", leaving(how, 1))
    app, peer = bed.start("hot")
    said = bed.folder / "said"
    app.do("import os, threading; os.dup2(os.open(%r, os.O_CREAT | "
           "os.O_WRONLY), 9)" % str(said))
    app.do("leave = threading.Event(); left = threading.Event()\n"
           "def run():\n"
           "    hot.leave(); left.set(); leave.wait()\n"
           "t = threading.Thread(target=run); t.start(); left.wait()")
    bed.swap(peer, bed.order("hot", leaving(how, 2)))
    bed.swap(peer, bed.order("hot", leaving(how, 3)))
    pin = LEFT[how][2]
    if pin is not None:
        assert peer.await_kept(1, pin)[0] is True
    else:  # no pin of all its generations: the looks find this one needed
        peer.await_gone(2)
        assert ("hot", 1) in peer.images
    app.do("leave.set(); t.join()" + CHURN)
    assert app.end() == 0
    assert said.read_text() == "x"


def test_a_signal_handler_keeps_its_image(one_bed):
    def code(n):
        return stretch(
            before="#include <signal.h>\nstatic volatile int got;"
                   "static void on(int s) { got = %d; }"
                   "static PyObject *hear(PyObject *m, PyObject *u)"
                   "{ struct sigaction a = {0}; a.sa_handler = on;"
                   "  sigaction(SIGUSR1, &a, NULL); Py_RETURN_NONE; }" % n,
            methods='{"hear", hear, METH_NOARGS, NULL},')
    bed = one_bed
    bed.module("hot", code(1))
    app, peer = bed.start("hot")
    app.do(DEEP + "deep(hot.hear)")
    bed.swap(peer, bed.order("hot", code(2)))
    peer.await_kept(1, "it handles signal 10")
    app.do("import os, signal; os.kill(os.getpid(), signal.SIGUSR1)\n"
           "signal.signal(signal.SIGUSR1, signal.SIG_DFL)" + CHURN)
    peer.await_retired(1)
