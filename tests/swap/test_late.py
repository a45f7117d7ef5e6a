"""What the guest does to a worker that is told that it is not alone, or
late."""
import signal

from bed import returning
from frames import send_frame, u64

LATE, COMPANY = 32, 33


def test_a_handler_of_the_app_for_its_going_on_stays(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("import os, signal; got = []\n"
           "signal.signal(signal.SIGCONT, lambda *words: got.append(1))")
    send_frame(peer.line, COMPANY, u64(0))
    bed.swap(peer, bed.order("hot", returning(2)))  # has read it
    app.do("os.kill(os.getpid(), %d)" % signal.SIGCONT)
    assert app.ask("got, hot.answer()") == ([1], 2)


def test_one_that_is_late_and_never_told_otherwise_goes_on(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    for told in COMPANY, LATE, LATE:
        send_frame(peer.line, told, u64(1))
    bed.swap(peer, bed.order("hot", returning(2)))
    for _ in range(3):
        app.do("import os; os.kill(os.getpid(), %d)" % signal.SIGCONT)
        assert app.ask("hot.answer()") == 2
    send_frame(peer.line, LATE, u64(0))
    bed.swap(peer, bed.order("hot", returning(3)))
    assert app.ask("hot.answer()") == 3
    assert app.end() == 0
