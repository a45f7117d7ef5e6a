"""Case 47, of variables that each thread has its own of: kept in every thread
while all of the module's stay as they are, and otherwise said to begin
anew."""
import os
import shutil

import pytest

from bed import READY, cc, stretch

pytestmark = [
    pytest.mark.skipif(os.uname().machine != "x86_64",
                       reason="kept on x86-64 alone"),
    pytest.mark.skipif(os.environ.get("COWBIRD_TEST_SANITIZE") == "thread",
                       reason="ThreadSanitizer keeps every image")]

UNLOADS = True  # see conftest.py

WORKER = ("import queue, threading\n"
          "asked, answers = queue.Queue(), queue.Queue()\n"
          "def run():\n"
          "    while asked.get(): answers.put(hot.tick())\n"
          "threading.Thread(target=run, daemon=True).start()\n"
          "def there(): asked.put(1); return answers.get()")


def code(step, before="static _Thread_local long mine = 10; _Thread_local "
                      "long other;", say="mine++ + other++"):
    return stretch(
        before=before + "static PyObject *tick(PyObject *m, PyObject *u)"
        "{ static _Thread_local int within; (void)m; (void)u;"
        "  within++; return PyLong_FromLong(%d000 + %s + within); }"
        % (step, say),
        methods='{"tick", tick, METH_NOARGS, NULL},')


def clang(out, sources, *flags):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COWBIRD_TEST_CC", "clang")
        return cc(out, sources, *flags, "-g")


@pytest.fixture
def counted(bed):
    """Two threads have theirs."""
    bed.module("hot", code(1), "-O1", "-g")
    app, peer = bed.start("hot")
    app.do(WORKER)
    assert app.ask("hot.tick(), hot.tick(), there()") == (1011, 1014, 1011)
    return app, peer


def test_every_thread_keeps_its_own(bed, counted):
    app, peer = counted
    said = bed.swap(peer, bed.order("hot", code(2), "-O2", "-g"))
    assert said.state["hot"] == []
    assert app.ask("hot.tick(), there()") == (2017, 2014)
    bed.swap(peer, bed.order("hot", code(3), "-O1", "-g"))
    assert app.ask("there(), hot.tick(), there()") == (3017, 3020, 3020)
    app.do("from threading import Thread\nsaid = []\n"
           "t = Thread(target=lambda: said.append(hot.tick()))\n"
           "t.start(); t.join()")
    assert app.ask("said") == [3011]


def test_the_image_that_has_them_stays_and_later_ones_go(bed, counted):
    app, peer = counted
    for step in range(2, 6):
        bed.swap(peer, bed.order("hot", code(step), "-O1", "-g"))
        app.ask("hot.tick(), there()")
    peer.await_retired(3)
    assert peer.await_kept(1, "thread-local")
    assert app.ask("hot.tick(), there()") == (5029, 5026)


@pytest.mark.parametrize("before,say", [
    ("static _Thread_local long mine = 20; _Thread_local long other;",
     "mine++ + other++"),
    ("static _Thread_local long mine = 10; _Thread_local double other;",
     "mine++ + (long)other++"),
    ("static _Thread_local long mine = 10; _Thread_local long other, more;",
     "mine++ + other++ + more")])
def test_what_can_not_be_kept_is_said_to_begin_anew(bed, counted, before,
                                                    say):
    app, peer = counted
    said = bed.swap(peer, bed.order("hot", code(2, before, say), "-O1", "-g"))
    assert any(words.startswith("mine reset in every thread")
               for words in said.state["hot"])
    first = 2021 if "20" in before else 2011
    assert app.ask("hot.tick(), there()") == (first, first)


def test_a_save_that_is_called_off_takes_nothing_along(bed, counted):
    app, peer = counted
    order = bed.order("hot", code(2), "-O1", "-g")
    bed.txn += 1
    assert peer.prepare(bed.txn, [order]).verdict == READY
    peer.abort(bed.txn)
    assert app.ask("hot.tick(), there()") == (1017, 1014)
    bed.swap(peer, dict(order, generation=order["generation"] + 1))
    assert app.ask("hot.tick(), there()") == (2020, 2017)


def test_the_static_model_begins_anew(bed):
    static = "-ftls-model=initial-exec"
    bed.module("hot", code(1), "-O1", "-g", static)
    app, peer = bed.start("hot")
    app.ask("hot.tick()")
    said = bed.swap(peer, bed.order("hot", code(2), "-O1", "-g", static))
    assert any(words.startswith("mine reset in every thread")
               for words in said.state["hot"])
    assert app.ask("hot.tick()") == 2011


@pytest.mark.skipif(shutil.which("clang") is None, reason="no clang here")
def test_clangs_are_kept_too(bed):
    bed.module("hot", code(1), compiler=clang)
    app, peer = bed.start("hot")
    assert app.ask("hot.tick(), hot.tick()") == (1011, 1014)
    bed.swap(peer, bed.order("hot", code(2), compiler=clang))
    assert app.ask("hot.tick()") == 2017
