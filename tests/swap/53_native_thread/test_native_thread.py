"""Case 53: a native thread that old code has started runs on in it; the image
stays as long as the thread does, and the reason says so."""
import os

import pytest

from bed import stretch

UNLOADS = True  # see conftest.py

pytestmark = pytest.mark.skipif(
    os.environ.get("COWBIRD_TEST_SANITIZE") == "thread",
    reason="ThreadSanitizer itself keeps addresses of every image")


def test_a_thread_without_end_keeps_its_code_for_ever_and_is_named(one_bed):
    def code(n):
        return stretch(
            before="#include <pthread.h>\n#include <unistd.h>\n"
                   "static void *run(void *u) { for (;;) pause(); }"
                   "static PyObject *go(PyObject *m, PyObject *u)"
                   "{ pthread_t t; pthread_create(&t, NULL, run, NULL);"
                   "  return PyLong_FromLong(%d); }" % n,
            methods='{"go", go, METH_NOARGS, NULL},')
    bed = one_bed
    bed.module("hot", code(1), "-pthread")
    app, peer = bed.start("hot")
    app.do("hot.go()")
    bed.swap(peer, bed.order("hot", code(2), "-pthread"))
    bed.swap(peer, bed.order("hot", code(3), "-pthread"))
    peer.await_kept(1, "in flight on thread")
    peer.await_gone(2)
    assert ("hot", 1) in peer.images and app.ask("hot.go()") == 3
    assert app.end() == 0
