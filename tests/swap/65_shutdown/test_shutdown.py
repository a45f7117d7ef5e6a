"""An app that ends while a swap is under way: by itself, by Ctrl-C, by
SIGTERM, with daemon threads in native code. It ends as it would without us."""
import os
import signal

import pytest

import bed as beds
from bed import READY, returning

SLOW = dict(before="#include <unistd.h>\n",
            exec="Py_BEGIN_ALLOW_THREADS for (;;) pause(); "
                 "Py_END_ALLOW_THREADS")


def start_slow(bed):
    """An app whose swap is in the middle of the new init."""
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(2, **SLOW))
    peer.send_prepare(1, [order])
    maps = "/proc/%d/maps" % app.process.pid
    beds.await_true(lambda: order["artefact"] in open(maps).read())
    assert app.ask("hot.answer()") == 1
    return app, peer


def start_open(bed):
    """One whose swap is prepared and not committed."""
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    assert peer.prepare(5, [bed.order("hot", returning(2))]).verdict == READY
    return app, peer


def test_an_exit_with_an_open_swap_says_farewell(bed):
    app, peer = start_open(bed)
    assert app.end() == 0
    assert peer.await_end() is True


def test_an_exit_while_the_new_init_runs_does_not_wait_for_it(bed):
    app, _ = start_slow(bed)
    assert app.end() == 0


@pytest.mark.parametrize("start", [start_open, start_slow])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_app_as_ever(bed, start, number):
    app, _ = start(bed)
    os.kill(app.process.pid, number)
    assert app.process.wait(beds.WAIT_S) == -number


def test_ctrl_c_that_the_app_catches_leaves_the_swap_alone(bed):
    app, peer = start_open(bed)
    app.do("""
import signal
caught = []
signal.signal(signal.SIGINT, lambda *a: caught.append(a[0]))
""")
    os.kill(app.process.pid, signal.SIGINT)
    assert app.ask("caught") == [signal.SIGINT]
    peer.commit(5)
    assert app.ask("hot.answer()") == 2
    assert app.end() == 0


def test_a_commit_on_the_way_does_not_hold_up_an_exit(bed):
    bed.module("hot", returning(1))
    orders = [bed.order("hot", returning(2)) for _ in range(4)]
    for order in orders:
        app, peer = bed.start("hot")
        assert peer.prepare(1, [order]).verdict == READY
        beds.send_frame(peer.line, beds.COMMIT, beds.u64(1))
        assert app.end() == 0


DAEMONS = """
import threading
def call():
    while True:
        hot.answer()
        sum(range(50))
[threading.Thread(target=call, daemon=True).start() for _ in range(3)]
"""


def test_daemon_threads_call_through_swaps_into_the_end(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do(DAEMONS)
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", returning(n)))
    assert peer.prepare(9, [bed.order("hot", returning(4))]).verdict == READY
    beds.send_frame(peer.line, beds.COMMIT, beds.u64(9))
    assert app.end() == 0
